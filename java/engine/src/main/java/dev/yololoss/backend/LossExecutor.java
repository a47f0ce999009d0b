package dev.yololoss.backend;

import dev.yololoss.CopiedBytes;
import dev.yololoss.DecodedBoxes;
import dev.yololoss.HeadTensor;
import dev.yololoss.IgnoreMask;
import dev.yololoss.Match;
import dev.yololoss.NonFiniteException;
import dev.yololoss.Targets;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** One loss on one backend. Used by one thread at a time. */
public interface LossExecutor extends AutoCloseable {
  /**
   * Computes loss and gradients. A backend that computes beside Java returns at once, and waits and
   * throws when a value is asked for.
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

  /** Memory for gradients of the engine's own. */
  default GradientMemory gradientMemory() {
    return new HostGradientMemory();
  }

  /**
   * Copies what {@code from} holds into {@code to}, memory of this machine in the same shape, order
   * and type, once all earlier work on it is done. Gradients of a step that throws are zeros.
   */
  default void copyToHost(HeadTensor from, HeadTensor to) {
    MemorySegment.copy(from.memory(), 0, to.memory(), 0, from.spanBytes());
  }

  /** How much was copied because tensors were elsewhere. */
  default CopiedBytes copied() {
    return new CopiedBytes(0, 0);
  }

  @Override
  void close();
}
