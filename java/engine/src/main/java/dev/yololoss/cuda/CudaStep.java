package dev.yololoss.cuda;

import dev.yololoss.Diagnostics;
import dev.yololoss.LossParts;
import dev.yololoss.Match;
import dev.yololoss.NonFinite;
import dev.yololoss.NonFiniteException;
import dev.yololoss.RawSums;
import dev.yololoss.backend.StepValues;
import java.util.List;
import java.util.Optional;

/** A step that may still be running. The first value that is asked for waits for it. */
final class CudaStep implements StepValues {
  /** Asks the device how far it is. */
  interface Progress {
    /** Waits for what is on its way; whether the step has run at least once then. */
    boolean await();
  }

  private final DeviceStep values;
  private final Progress progress;
  private final Runnable await;
  private final boolean isThrowing;

  /**
   * @param progress of the step, with the context current
   * @param await waits for the step, and zeroes its gradients if it must throw
   * @param isThrowing whether values of a step with a NaN or infinity are refused
   */
  CudaStep(DeviceStep values, Progress progress, Runnable await, boolean isThrowing) {
    this.values = values;
    this.progress = progress;
    this.await = await;
    this.isThrowing = isThrowing;
  }

  /** Whether it has run; waits. Not so while it is in a graph that nobody has launched. */
  boolean hasRun() {
    return progress.await();
  }

  /** The values, once they are there, whatever they are. */
  DeviceStep finished() {
    await.run();
    return values;
  }

  /** The values, if they may be told. */
  DeviceStep told() {
    DeviceStep there = finished();
    if (isThrowing && there.firstNonFinite().isPresent()) {
      throw new NonFiniteException(there.firstNonFinite().get());
    }
    return there;
  }

  @Override
  public LossParts total() {
    return told().total();
  }

  @Override
  public List<LossParts> perLayer() {
    return told().perLayer();
  }

  @Override
  public List<LossParts> perImage() {
    return told().perImage();
  }

  @Override
  public List<RawSums> rawSums() {
    return told().rawSums();
  }

  @Override
  public Diagnostics diagnostics() {
    return told().diagnostics();
  }

  @Override
  public List<Match> matches() {
    return told().matches();
  }

  @Override
  public Optional<NonFinite> firstNonFinite() {
    return finished().firstNonFinite();
  }

  @Override
  public void nextBalance(double[] balance) {
    told().nextBalance(balance);
  }
}
