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
    } catch (RuntimeException | Error e) {
      resources.closeAfter(e);
      throw e;
    }
  }

  DevicePlan plan() {
    return plan;
  }

  StepSlot slot(int parity) {
    return slots.get(parity);
  }

  /** The place for a step in a graph of the caller's. */
  Optional<StepSlot> captureSlot() {
    return captureSlot;
  }

  /** A graph of the caller's holds a step from now on, and keeps its place for good. */
  void markCaptured() {
    isCaptured = true;
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
