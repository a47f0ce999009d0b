package dev.yololoss.cuda;

import dev.yololoss.spec.LossSpec;
import java.util.List;
import java.util.Optional;

/** A plan with the places for its steps. The context is current when it is made and closed. */
final class StepPlaces implements AutoCloseable {
  private final CloseAll resources = new CloseAll();
  private final DevicePlan plan;
  private final List<StepSlot> slots;
  private final Optional<StepSlot> captureSlot;
  private boolean isCaptured;

  /**
   * @param mayBeCaptured whether a caller may capture a step, for which there must be a place
   *     before
   */
  StepPlaces(
      CudaContext context,
      LossSpec spec,
      PlanShape shape,
      DeviceMemory classWeights,
      long stream,
      boolean mayBeCaptured) {
    boolean made = false;
    try {
      plan =
          resources.add(
              new DevicePlan(
                  context,
                  spec,
                  shape,
                  spec.classification().perClass().isEmpty() ? 0 : classWeights.address(),
                  stream));
      slots =
          List.of(
              resources.add(new StepSlot(context, shape, 0)),
              resources.add(new StepSlot(context, shape, 1)));
      captureSlot =
          mayBeCaptured
              ? Optional.of(resources.add(new StepSlot(context, shape, 0)))
              : Optional.empty();
      made = true;
    } finally {
      if (!made) {
        resources.close();
      }
    }
  }

  DevicePlan plan() {
    return plan;
  }

  StepSlot slot(int parity) {
    return slots.get(parity);
  }

  Optional<StepSlot> captureSlot() {
    return captureSlot;
  }

  /** The place for a step in a graph of the caller's, which keeps it for good. */
  StepSlot takeForCapture() {
    isCaptured = true;
    return captureSlot.orElseThrow();
  }

  /** Whether a graph of the caller's holds a step. */
  boolean isCaptured() {
    return isCaptured;
  }

  /** Idempotent. */
  @Override
  public void close() {
    resources.close();
  }
}
