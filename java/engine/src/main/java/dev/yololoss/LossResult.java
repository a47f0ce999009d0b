package dev.yololoss;

import dev.yololoss.backend.StepValues;
import java.util.List;
import java.util.function.Function;

/**
 * One step's loss. Valid until the engine's next step, assignment, ignore search or close;
 * afterwards every method throws {@link IllegalStateException}, as it does while another thread is
 * in the engine.
 *
 * <p>On the backend CUDA every method but {@link #targets} may wait for the device, and throws
 * {@link NonFiniteException} under its policy and {@link DeviceException}.
 */
public final class LossResult {
  private final StepValues values;
  private final CheckTargets.Checked targets;
  private final LossEngine engine;
  private final long generation;

  /**
   * @param generation of the engine for which this is valid
   */
  LossResult(StepValues values, CheckTargets.Checked targets, LossEngine engine, long generation) {
    this.values = values;
    this.targets = targets;
    this.engine = engine;
    this.generation = generation;
  }

  /** The loss, as the original reduces it; darknet: its cost of show_details 1. */
  public double total() {
    return parts().total();
  }

  public double box() {
    return parts().box();
  }

  public double objectness() {
    return parts().objectness();
  }

  public double classification() {
    return parts().classification();
  }

  /** The loss and its parts. */
  public LossParts parts() {
    return read(StepValues::total);
  }

  /** Each layer's share of the total. */
  public List<LossParts> perLayer() {
    return read(StepValues::perLayer);
  }

  /** Each image's share of the total. */
  public List<LossParts> perImage() {
    return read(StepValues::perImage);
  }

  /** Each layer's sums before weights and reduction, as the originals log them. */
  public List<RawSums> rawSums() {
    return read(StepValues::rawSums);
  }

  public Diagnostics diagnostics() {
    return read(StepValues::diagnostics);
  }

  /** The assignment table. */
  public List<Match> matches() {
    return targets.numberedByCaller(read(StepValues::matches));
  }

  /** What the target policy did. */
  public TargetReport targets() {
    return read(_ -> targets.report());
  }

  private <T> T read(Function<StepValues, T> value) {
    engine.enterFor(generation);
    try {
      return value.apply(values);
    } finally {
      engine.leave();
    }
  }
}
