package dev.yololoss.backend;

import dev.yololoss.DecodedBoxes;
import dev.yololoss.HeadTensor;
import dev.yololoss.IgnoreMask;
import dev.yololoss.Match;
import dev.yololoss.NonFiniteException;
import dev.yololoss.Targets;
import java.util.List;

/** One loss on one backend. Used by one thread at a time. */
public interface LossExecutor extends AutoCloseable {
  /**
   * Computes loss and gradients.
   *
   * @throws NonFiniteException under its policy; the gradients are then zero
   */
  StepValues step(StepRequest request);

  /** Only the assignment; the rows' losses are 0. */
  List<Match> assign(List<HeadTensor> predictions, Targets targets);

  /** Only the ignore rule, matched slots excepted. */
  IgnoreMask searchIgnored(List<HeadTensor> predictions, Targets targets);

  /** Raw outputs to boxes and probabilities. */
  DecodedBoxes decode(List<HeadTensor> predictions);

  @Override
  void close();
}
