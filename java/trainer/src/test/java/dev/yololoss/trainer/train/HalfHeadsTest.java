package dev.yololoss.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.GradientCollector;
import org.junit.jupiter.api.Test;

class HalfHeadsTest {
  /** Two heads that share a graph; the second's gradient is too small for 16 bits. */
  @Test
  void valuesAndGradientsAreRoundedAndGoThroughTheSharedGraph() {
    try (NDManager manager = PyTorchForTests.newManager()) {
      NDArray weight = manager.create(new float[] {1 / 3f, 70_000, 1e-9f});
      weight.setRequiresGradient(true);
      try (GradientCollector _ = Engine.getEngine(PyTorch.NAME).newGradientCollector()) {
        NDArray shared = weight.add(weight);
        NDList network = new NDList(shared.add(weight), shared.sub(weight));
        NDList heads = HalfHeads.roundedLeaves(network);
        assertThat(heads.get(1).toFloatArray())
            .containsExactly(0.333251953125f, Float.POSITIVE_INFINITY, 0);
        give(heads.get(0), manager.create(new float[] {1 + 1e-4f, 1, 2}));
        give(heads.get(1), manager.create(new float[] {1, 1e-9f, 0.1f}));
        HalfHeads.propagate(heads, network);
      }
      float tenth = 0.0999755859375f;
      assertThat(weight.getGradient().toFloatArray()).containsExactly(4, 3, 6 + tenth);
    }
  }

  private static void give(NDArray head, NDArray gradient) {
    JniUtils.backward((PtNDArray) head, (PtNDArray) gradient, false, false);
  }
}
