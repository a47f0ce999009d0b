package dev.yololoss;

import java.util.List;

/**
 * What a loss carries from step to step; belongs into a checkpoint.
 *
 * @param balance the factor of each head's objectness (yolov5's {@code balance}), as many entries
 *     as {@code reduction.balance} of the loss; empty for losses without one
 */
public record LossState(List<Double> balance) {
  public LossState {
    balance = List.copyOf(balance);
  }
}
