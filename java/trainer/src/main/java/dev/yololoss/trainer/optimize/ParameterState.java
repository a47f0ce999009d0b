package dev.yololoss.trainer.optimize;

import java.util.List;

/**
 * What an optimiser remembers of one parameter.
 *
 * @param updates how often it was moved; 0 before the first step, at least 1 in a state to go on
 *     from
 * @param moments arrays as long as the parameter: SGD's velocity, Adam's mean and variance; not
 *     copied, and those of a running optimiser change in place with each of its steps
 */
public record ParameterState(long updates, List<float[]> moments) {
  public ParameterState {
    moments = List.copyOf(moments);
  }
}
