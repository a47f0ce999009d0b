package dev.yololoss.bytedeco;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.yololoss.Backend;
import dev.yololoss.ElementType;
import dev.yololoss.HeadTensor;
import dev.yololoss.LossEngine;
import dev.yololoss.Targets;
import dev.yololoss.TensorException;
import dev.yololoss.spec.Heads;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Preset;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

class TrainWithBytedecoTest {
  private static final int ATTRIBUTES = 6;
  private static final LossSpec SPEC =
      LossSpec.builder(Preset.YOLOV5)
          .classes(1)
          .heads(Heads.builder().head(8, 10, 12).head(16, 14, 14, 20, 24).build())
          .build();
  private static final Targets TARGETS =
      Targets.ofRows(new double[][] {{0, 0, 0.3, 0.4, 0.3, 0.25}, {1, 0, 0.71, 0.62, 0.15, 0.2}});

  @Test
  void theExampleLearns() {
    List<Double> losses = TrainWithBytedeco.train();
    assertThat(losses).hasSize(50).allMatch(Double::isFinite);
    assertThat(losses.getLast()).isLessThan(losses.getFirst() / 2);
  }

  @Test
  void valueAndGradientsAreTheEnginesBitForBit() {
    try (PointerScope _ = new PointerScope();
        LossEngine engine = LossEngine.open(SPEC, Backend.REFERENCE)) {
      torch.manual_seed(11);
      Tensor small = torch.randn(2, ATTRIBUTES, 8, 8).set_requires_grad(true);
      Tensor large = torch.randn(2, 2 * ATTRIBUTES, 4, 4).set_requires_grad(true);
      Tensor total = new EngineLoss(engine).of(List.of(small, large), TARGETS);
      total.backward();
      assertThat(total.item_float()).isEqualTo((float) expectedTotal(small, large));
      List<float[]> expected = expectedGradients(small, large);
      assertThat(floats(small.grad())).isEqualTo(expected.get(0));
      assertThat(floats(large.grad())).isEqualTo(expected.get(1));
      assertThat(floats(large.grad())).isNotEqualTo(new float[expected.get(1).length]);
    }
  }

  @Test
  void otherHeadsAreRefused() {
    try (PointerScope _ = new PointerScope();
        LossEngine engine = LossEngine.open(SPEC, Backend.REFERENCE)) {
      EngineLoss loss = new EngineLoss(engine);
      Tensor turned = torch.randn(2, 8, 8, ATTRIBUTES).permute(0, 3, 1, 2);
      assertThatThrownBy(() -> loss.of(List.of(turned), TARGETS))
          .isInstanceOf(TensorException.class)
          .hasMessageContaining("head 0 must be contiguous");
      assertThatThrownBy(() -> loss.of(List.of(torch.randn(2, 7, 8, 8)), TARGETS))
          .isInstanceOf(TensorException.class)
          .hasMessageContaining("has 7 channels; must have 6");
    }
  }

  private static double expectedTotal(Tensor... heads) {
    try (LossEngine engine = LossEngine.open(SPEC, Backend.REFERENCE)) {
      return engine.value(copies(heads), TARGETS).total();
    }
  }

  private static List<float[]> expectedGradients(Tensor... heads) {
    try (LossEngine engine = LossEngine.open(SPEC, Backend.REFERENCE)) {
      engine.compute(copies(heads), TARGETS);
      return engine.gradients().tensors().stream()
          .map(gradient -> gradient.memory().toArray(ValueLayout.JAVA_FLOAT))
          .toList();
    }
  }

  private static List<HeadTensor> copies(Tensor... heads) {
    List<HeadTensor> copies = new ArrayList<>();
    for (Tensor head : heads) {
      copies.add(
          HeadTensor.nchw(
              MemorySegment.ofArray(floats(head)),
              ElementType.F32,
              (int) head.size(0),
              (int) head.size(1) / ATTRIBUTES,
              ATTRIBUTES,
              (int) head.size(2),
              (int) head.size(3)));
    }
    return copies;
  }

  private static float[] floats(Tensor tensor) {
    float[] values = new float[(int) tensor.numel()];
    new FloatPointer(tensor.data_ptr()).get(values);
    return values;
  }
}
