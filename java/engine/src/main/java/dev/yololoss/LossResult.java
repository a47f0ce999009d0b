package dev.yololoss;

import dev.yololoss.backend.StepValues;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * One step's loss. Valid until the engine's next step, assignment, ignore search, decoding or
 * close; afterwards every method throws {@link IllegalStateException}.
 *
 * <p>On the backend CUDA every method but {@link #targets} may wait for the device, and throws
 * {@link NonFiniteException} under its policy and {@link DeviceException}.
 */
public final class LossResult {
  private final StepValues values;
  private final CheckTargets.Checked targets;
  private final BooleanSupplier current;

  LossResult(StepValues values, CheckTargets.Checked targets, BooleanSupplier current) {
    this.values = values;
    this.targets = targets;
    this.current = current;
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
    return current().total();
  }

  /** Each layer's share of the total. */
  public List<LossParts> perLayer() {
    return current().perLayer();
  }

  /** Each image's share of the total. */
  public List<LossParts> perImage() {
    return current().perImage();
  }

  /** Each layer's sums before weights and reduction, as the originals log them. */
  public List<RawSums> rawSums() {
    return current().rawSums();
  }

  public Diagnostics diagnostics() {
    return current().diagnostics();
  }

  /** The assignment table. */
  public List<Match> matches() {
    return targets.numberedByCaller(current().matches());
  }

  /** What the target policy did. */
  public TargetReport targets() {
    current();
    return targets.report();
  }

  private StepValues current() {
    if (!current.getAsBoolean()) {
      throw new IllegalStateException(
          "this result is no longer valid: the engine has computed another one or is closed");
    }
    return values;
  }
}
