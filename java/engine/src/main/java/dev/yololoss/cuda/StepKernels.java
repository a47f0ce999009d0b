package dev.yololoss.cuda;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.yololoss.spec.Ignore;
import java.lang.foreign.Arena;
import java.util.Collections;

/**
 * The kernels of a step for one of the slots. Their arguments are addresses that stay for as long
 * as the plan does.
 */
final class StepKernels {
  private final KernelArguments planAndInput;
  private final KernelArguments planInputAndResult;
  private final Kernel assignTargets;
  private final Kernel searchIgnored;
  private final Kernel yoloLoss;
  private final Kernel clearGradients;

  /**
   * @param rule the loss's
   */
  StepKernels(KernelModule module, Ignore.Rule rule, Arena arena) {
    planAndInput = new KernelArguments(arena, Collections.nCopies(2, JAVA_LONG));
    planInputAndResult = new KernelArguments(arena, Collections.nCopies(3, JAVA_LONG));
    assignTargets = module.kernel("assign_targets", planAndInput);
    searchIgnored = module.kernel("search_ignored", planAndInput);
    yoloLoss = module.kernel(lossOf(rule), planInputAndResult);
    clearGradients = module.kernel("clear_gradients", planAndInput);
  }

  private static String lossOf(Ignore.Rule rule) {
    return switch (rule) {
      case NOBODY -> "yolo_loss";
      case IOU_ABOVE_AND_CLASS -> "yolo_loss_and_special";
      default -> "yolo_loss_and_ignored";
    };
  }

  /** Launches work on these from now on. */
  void address(DevicePlan plan, StepSlot slot) {
    planAndInput.set(0, plan.address()).set(1, slot.inputAddress());
    planInputAndResult
        .set(0, plan.address())
        .set(1, slot.inputAddress())
        .set(2, slot.resultAddress());
  }

  Kernel assignTargets() {
    return assignTargets;
  }

  Kernel searchIgnored() {
    return searchIgnored;
  }

  Kernel yoloLoss() {
    return yoloLoss;
  }

  Kernel clearGradients() {
    return clearGradients;
  }
}
