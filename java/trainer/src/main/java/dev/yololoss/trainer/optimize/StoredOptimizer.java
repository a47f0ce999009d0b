package dev.yololoss.trainer.optimize;

import ai.djl.ndarray.NDArray;
import ai.djl.training.optimizer.Optimizer;
import java.nio.FloatBuffer;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * An optimiser of DJL whose state can be read and set, so that a stopped run goes on to the bit.
 *
 * <p>Parameters are float32 on the CPU and are moved where PyTorch keeps them. The learning rate of
 * a parameter is the schedule's for the number of its updates, this one included.
 */
public abstract class StoredOptimizer extends Optimizer {
  private final Schedule schedule;
  private final int moments;
  private final Map<String, ParameterState> states = new TreeMap<>();

  StoredOptimizer(Schedule schedule, double weightDecay, int moments) {
    super(new Settings().optWeightDecays((float) weightDecay));
    this.schedule = schedule;
    this.moments = moments;
  }

  private static final class Settings extends OptimizerBuilder<Settings> {
    @Override
    protected Settings self() {
      return this;
    }
  }

  @Override
  public final void update(String parameterId, NDArray weight, NDArray gradient) {
    FloatBuffer memory = ParameterMemory.of(parameterId, weight);
    float[] values = new float[memory.remaining()];
    memory.duplicate().get(values);
    float[] slopes = new float[values.length];
    gradient.toByteBuffer(true).asFloatBuffer().get(slopes);
    ParameterState before =
        states.computeIfAbsent(parameterId, id -> new ParameterState(0, zeros(values.length)));
    ParameterState now = new ParameterState(before.updates() + 1, before.moments());
    float decay = getWeightDecay();
    if (decay > 0) {
      for (int i = 0; i < values.length; i++) {
        slopes[i] += decay * values[i];
      }
    }
    move(values, slopes, now, schedule.at(now.updates()));
    memory.put(values);
    states.put(parameterId, now);
  }

  /** Changes the values and, in place, the state's moments. */
  abstract void move(float[] values, float[] gradient, ParameterState state, double learningRate);

  private List<float[]> zeros(int length) {
    return Stream.generate(() -> new float[length]).limit(moments).toList();
  }

  /** By parameter; the arrays are the optimiser's own and change with its next step. */
  public Map<String, ParameterState> state() {
    return Collections.unmodifiableMap(states);
  }

  /**
   * Goes on from a state that was stored.
   *
   * @param sizes how many numbers each parameter has, by its name
   * @throws IllegalArgumentException if it is another optimiser's, or of other parameters; nothing
   *     has changed then
   */
  public void restore(Map<String, ParameterState> stored, Map<String, Integer> sizes) {
    stored.forEach(
        (name, state) -> {
          requireSize(name, state, sizes);
          if (state.moments().size() != moments || state.updates() < 1) {
            throw new IllegalArgumentException(
                "the state of %s has %d arrays and %d updates; this optimiser has %d arrays"
                    .formatted(name, state.moments().size(), state.updates(), moments));
          }
        });
    states.clear();
    states.putAll(stored);
  }

  private static void requireSize(String name, ParameterState state, Map<String, Integer> sizes) {
    Integer size = sizes.get(name);
    if (size == null) {
      throw new IllegalArgumentException(
          "there is a state of " + name + "; the network has no such parameter");
    }
    for (float[] moment : state.moments()) {
      if (moment.length != size) {
        throw new IllegalArgumentException(
            "the state of %s has arrays of %d numbers; the parameter has %d"
                .formatted(name, moment.length, size));
      }
    }
  }
}
