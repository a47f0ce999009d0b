package dev.yololoss.cuda;

import dev.yololoss.spec.LossSpec;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** A plan with the places for its steps. The context is current when it is made and closed. */
final class StepPlaces implements AutoCloseable {
  /**
   * How many steps may be on their way before the next one waits: enough that this machine is
   * seldom stopped by a device that lags a little. Even, so that the two match tables take turns.
   */
  static final int SLOTS = 4;

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
          IntStream.range(0, SLOTS)
              .mapToObj(n -> resources.add(new StepSlot(context, shape, n % 2)))
              .toList();
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

  /** The place of a step; steps that follow each other take those that do. */
  StepSlot slot(int turn) {
    return slots.get(turn);
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
