package dev.yololoss;

import dev.yololoss.backend.LossExecutor;
import dev.yololoss.backend.OperationsExecutor;
import dev.yololoss.reference.ReferenceExecutor;
import dev.yololoss.reference.ReferenceOperations;
import dev.yololoss.spec.LossSpec;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;

/** Finds the backend that was asked for. */
final class Backends {
  private static final String NATIVE_REASON = "this build has no native library";
  private static final String CUDA_REASON = "this build has no CUDA kernels";

  /**
   * A backend that works.
   *
   * @param reason why this one
   */
  record Chosen(
      Backend backend,
      String reason,
      Function<LossSpec, LossExecutor> executor,
      Supplier<OperationsExecutor> operations) {}

  private Backends() {}

  static Chosen choose(Backend asked) {
    return switch (asked) {
      case REFERENCE -> reference("REFERENCE, as asked");
      case AUTO -> reference("REFERENCE: CUDA: " + CUDA_REASON + "; NATIVE: " + NATIVE_REASON);
      case NATIVE -> throw new BackendUnavailableException(asked, List.of(NATIVE_REASON));
      case CUDA -> throw new BackendUnavailableException(asked, List.of(CUDA_REASON));
    };
  }

  private static Chosen reference(String reason) {
    return new Chosen(Backend.REFERENCE, reason, ReferenceExecutor::new, ReferenceOperations::new);
  }
}
