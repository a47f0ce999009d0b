package dev.yololoss.cuda;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

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
   * @param ignores whether the loss has an ignore rule
   */
  StepKernels(KernelModule module, boolean ignores, Arena arena) {
    planAndInput = new KernelArguments(arena, Collections.nCopies(2, JAVA_LONG));
    planInputAndResult = new KernelArguments(arena, Collections.nCopies(3, JAVA_LONG));
    assignTargets = module.kernel("assign_targets", planAndInput);
    searchIgnored = module.kernel("search_ignored", planAndInput);
    yoloLoss = module.kernel(ignores ? "yolo_loss_and_ignored" : "yolo_loss", planInputAndResult);
    clearGradients = module.kernel("clear_gradients", planAndInput);
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
