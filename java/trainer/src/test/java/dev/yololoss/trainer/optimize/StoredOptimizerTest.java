package dev.yololoss.trainer.optimize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import dev.yololoss.trainer.train.PyTorchForTests;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class StoredOptimizerTest {
  private static final int LENGTH = 37;
  private static final int STEPS = 30;
  private static final Schedule RATE = step -> 0.01 / step;

  private final long seed = Long.getLong("seed", System.nanoTime());
  private final Random random = new Random(seed);
  private NDManager manager;

  @BeforeEach
  void start() {
    System.out.println("StoredOptimizerTest -Dseed=" + seed);
    manager = PyTorchForTests.newManager();
  }

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void adamMovesAsDjlsOwn() {
    Optimizer theirs =
        Optimizer.adam().optLearningRateTracker((Tracker) step -> (float) RATE.at(step)).build();
    assertMovesAlike(OptimizerOptions.of(OptimizerKind.ADAM).start(RATE), theirs);
  }

  @Test
  void adamMovesByItsFormula() {
    StoredOptimizer adam = new OptimizerOptions(OptimizerKind.ADAM, 0.9, 0.1).start(RATE);
    double w = 0.5;
    double mean = 0;
    double variance = 0;
    NDArray weight = manager.create(new float[] {0.5f});
    for (int step = 1; step <= STEPS; step++) {
      float gradient = (float) random.nextGaussian();
      adam.update("w", weight, manager.create(new float[] {gradient}));
      double g = gradient + 0.1 * w;
      mean = 0.9 * mean + 0.1 * g;
      variance = 0.999 * variance + 0.001 * g * g;
      double corrected = mean / (1 - Math.pow(0.9, step));
      double spread = Math.sqrt(variance / (1 - Math.pow(0.999, step)));
      w -= RATE.at(step) * corrected / (spread + 1e-8);
      assertThat((double) weight.getFloat(0)).isCloseTo(w, within(1e-5));
    }
  }

  @Test
  void sgdMovesByItsFormula() {
    StoredOptimizer sgd = new OptimizerOptions(OptimizerKind.SGD, 0.8, 0.1).start(RATE);
    double w = 0.5;
    double velocity = 0;
    NDArray weight = manager.create(new float[] {0.5f});
    for (int step = 1; step <= STEPS; step++) {
      float gradient = (float) random.nextGaussian();
      sgd.update("w", weight, manager.create(new float[] {gradient}));
      velocity = 0.8 * velocity + gradient + 0.1 * w;
      w -= RATE.at(step) * velocity;
      assertThat((double) weight.getFloat(0)).isCloseTo(w, within(1e-5));
    }
  }

  @Test
  void sgdWithoutMomentumMovesAsDjlsOwn() {
    Optimizer theirs =
        Optimizer.sgd().setLearningRateTracker((Tracker) step -> (float) RATE.at(step)).build();
    assertMovesAlike(new OptimizerOptions(OptimizerKind.SGD, 0, 0).start(RATE), theirs);
  }

  private void assertMovesAlike(StoredOptimizer ours, Optimizer theirs) {
    NDArray one = manager.create(values(), new Shape(LENGTH));
    NDArray other = one.duplicate();
    for (int step = 0; step < STEPS; step++) {
      float[] gradient = values();
      ours.update("a", one, manager.create(gradient, new Shape(LENGTH)));
      theirs.update("a", other, manager.create(gradient, new Shape(LENGTH)));
      assertThat(one.toFloatArray()).containsExactly(other.toFloatArray(), within(2e-6f));
    }
    assertThat(ours.state().get("a").updates()).isEqualTo(STEPS);
  }

  @Test
  void aRestoredStateGoesOnToTheBitAndAFreshOneDoesNot() {
    for (OptimizerKind kind : OptimizerKind.values()) {
      OptimizerOptions options = OptimizerOptions.of(kind);
      StoredOptimizer first = options.start(RATE);
      NDArray weight = manager.create(values(), new Shape(LENGTH));
      for (int step = 0; step < 5; step++) {
        first.update("a", weight, manager.create(values(), new Shape(LENGTH)));
      }
      StoredOptimizer second = options.start(RATE);
      second.restore(copy(first.state()), Map.of("a", LENGTH));
      NDArray resumed = weight.duplicate();
      NDArray fresh = weight.duplicate();
      StoredOptimizer third = options.start(RATE);
      for (int step = 0; step < 5; step++) {
        float[] gradient = values();
        first.update("a", weight, manager.create(gradient, new Shape(LENGTH)));
        second.update("a", resumed, manager.create(gradient, new Shape(LENGTH)));
        third.update("a", fresh, manager.create(gradient, new Shape(LENGTH)));
      }
      assertThat(resumed.toFloatArray()).isEqualTo(weight.toFloatArray());
      assertThat(fresh.toFloatArray()).isNotEqualTo(weight.toFloatArray());
    }
  }

  @Test
  void anotherOptimizersStateIsRefused() {
    StoredOptimizer sgd = OptimizerOptions.of(OptimizerKind.SGD).start(RATE);
    sgd.update("a", manager.zeros(new Shape(2)), manager.ones(new Shape(2)));
    StoredOptimizer adam = OptimizerOptions.of(OptimizerKind.ADAM).start(RATE);
    assertThatThrownBy(() -> adam.restore(sgd.state(), Map.of("a", 2)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the state of a has 1 arrays and 1 updates; this optimiser has 2 arrays");
    assertThatThrownBy(() -> sgd.restore(sgd.state(), Map.of("a", 3)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the state of a has arrays of 2 numbers; the parameter has 3");
    assertThatThrownBy(() -> sgd.restore(sgd.state(), Map.of("b", 2)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("there is a state of a; the network has no such parameter");
  }

  @Test
  void whatCannotBeMovedInPlaceIsRefused() {
    StoredOptimizer sgd = OptimizerOptions.of(OptimizerKind.SGD).start(RATE);
    NDArray turned = manager.create(new float[6], new Shape(2, 3)).transpose();
    assertThatThrownBy(() -> sgd.update("turned", turned, turned))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("turned is not contiguous");
    NDArray wide = manager.zeros(new Shape(2), DataType.FLOAT64);
    assertThatThrownBy(() -> sgd.update("wide", wide, wide))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("wide is of type float64; must be FLOAT32");
  }

  private float[] values() {
    float[] values = new float[LENGTH];
    for (int i = 0; i < LENGTH; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  private static Map<String, ParameterState> copy(Map<String, ParameterState> states) {
    Map<String, ParameterState> copies = new TreeMap<>();
    states.forEach(
        (name, state) -> {
          List<float[]> moments = state.moments().stream().map(float[]::clone).toList();
          copies.put(name, new ParameterState(state.updates(), moments));
        });
    return copies;
  }
}
