package dev.yololoss;

import dev.yololoss.backend.LossExecutor;
import dev.yololoss.backend.OperationsExecutor;
import dev.yololoss.cuda.CudaExecutor;
import dev.yololoss.cuda.CudaOperations;
import dev.yololoss.cuda.CudaPlatform;
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

  /** Why a backend cannot be had, each reason with its cure; empty if it can. */
  static List<String> reasons(EngineOptions options) {
    return switch (options.backend()) {
      case REFERENCE, AUTO -> List.of();
      case NATIVE -> HostLibrary.reasons();
      case CUDA -> CudaPlatform.reasons(options.cuda());
    };
  }

  static Chosen choose(EngineOptions options) {
    return switch (options.backend()) {
      case REFERENCE -> reference("REFERENCE, as asked");
      case NATIVE -> {
        require(options);
        yield host("NATIVE, as asked", options);
      }
      case CUDA -> {
        require(options);
        yield cuda("CUDA, as asked", options);
      }
      case AUTO -> best(options);
    };
  }

  private static void require(EngineOptions options) {
    List<String> reasons = reasons(options);
    if (!reasons.isEmpty()) {
      throw new BackendUnavailableException(options.backend(), reasons);
    }
  }

  private static Chosen best(EngineOptions options) {
    List<String> notCuda = CudaPlatform.reasons(options.cuda());
    if (notCuda.isEmpty()) {
      return cuda("CUDA, the first choice", options);
    }
    String because = ": CUDA: " + String.join("; ", notCuda);
    List<String> notNative = HostLibrary.reasons();
    return notNative.isEmpty()
        ? host("NATIVE" + because, options)
        : reference("REFERENCE" + because + "; NATIVE: " + String.join("; ", notNative));
  }

  private static Chosen reference(String reason) {
    return new Chosen(
        Backend.REFERENCE,
        reason,
        (spec, options) -> new ReferenceExecutor(spec),
        ReferenceOperations::new);
  }

  private static Chosen host(String reason, EngineOptions options) {
    return new Chosen(
        Backend.NATIVE,
        reason + " (" + HostLibrary.origin() + ")",
        HostExecutor::new,
        () -> new HostOperations(options));
  }

  private static Chosen cuda(String reason, EngineOptions options) {
    return new Chosen(
        Backend.CUDA,
        reason + " (" + CudaPlatform.description(options.cuda()) + ")",
        CudaExecutor::new,
        () -> new CudaOperations(options));
  }
}
