package dev.yololoss.trainer.optimize;

import java.util.List;

/**
 * What an optimiser remembers of one parameter.
 *
 * @param updates how often it was moved; at least 1
 * @param moments arrays as long as the parameter: SGD's velocity, Adam's mean and variance; not
 *     copied
 */
public record ParameterState(long updates, List<float[]> moments) {
  public ParameterState {
    moments = List.copyOf(moments);
  }
}
