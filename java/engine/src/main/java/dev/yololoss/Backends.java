package dev.yololoss;

import dev.yololoss.backend.LossExecutor;
import dev.yololoss.backend.OperationsExecutor;
import dev.yololoss.host.HostExecutor;
import dev.yololoss.host.HostLibrary;
import dev.yololoss.host.HostOperations;
import dev.yololoss.reference.ReferenceExecutor;
import dev.yololoss.reference.ReferenceOperations;
import dev.yololoss.spec.LossSpec;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Supplier;

/** Finds the backend that was asked for. */
final class Backends {
  private static final String CUDA_REASON = "this build has no CUDA kernels";

  /**
   * A backend that works.
   *
   * @param reason why this one
   */
  record Chosen(
      Backend backend,
      String reason,
      BiFunction<LossSpec, EngineOptions, LossExecutor> executor,
      Supplier<OperationsExecutor> operations) {}

  private Backends() {}

  static Chosen choose(Backend asked) {
    return switch (asked) {
      case REFERENCE -> reference("REFERENCE, as asked");
      case NATIVE -> {
        if (!HostLibrary.reasons().isEmpty()) {
          throw new BackendUnavailableException(asked, HostLibrary.reasons());
        }
        yield host("NATIVE, as asked");
      }
      case CUDA -> throw new BackendUnavailableException(asked, List.of(CUDA_REASON));
      case AUTO ->
          HostLibrary.reasons().isEmpty()
              ? host("NATIVE: CUDA: " + CUDA_REASON)
              : reference(
                  "REFERENCE: CUDA: "
                      + CUDA_REASON
                      + "; NATIVE: "
                      + String.join("; ", HostLibrary.reasons()));
    };
  }

  private static Chosen reference(String reason) {
    return new Chosen(
        Backend.REFERENCE,
        reason,
        (spec, options) -> new ReferenceExecutor(spec),
        ReferenceOperations::new);
  }

  private static Chosen host(String reason) {
    return new Chosen(
        Backend.NATIVE,
        reason + " (" + HostLibrary.origin() + ")",
        HostExecutor::new,
        HostOperations::new);
  }
}
