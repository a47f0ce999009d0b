package dev.yololoss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Preset;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Element types, layouts and the memory that gradients are written to. */
class GradientMemoryTest {
  private static final Seed SEED = Seed.of(GradientMemoryTest.class);

  @ParameterizedTest
  @EnumSource(Preset.class)
  void equalPredictionsOfAnyTypeAndLayoutGiveEqualResults(Preset preset) {
    for (long seed : SEED.draws(4).toArray()) {
      RandomCase drawn = RandomCase.draw(preset, RandomCase.Mood.AWKWARD, seed);
      Outcome truth = Outcome.of(Backend.REFERENCE, drawn);
      for (ElementType type : ElementType.values()) {
        for (TensorLayout layout : TensorLayout.values()) {
          String name = drawn.name() + " " + type + " " + layout;
          Outcome outcome = Outcome.of(Backend.REFERENCE, drawn.as(type, layout));
          assertThat(outcome.parts()).as(name).isEqualTo(truth.parts());
          assertThat(outcome.matches()).as(name).isEqualTo(truth.matches());
          assertThat(outcome.diagnostics()).as(name).isEqualTo(truth.diagnostics());
          ParityAssert.exactly().check(name, truth.gradients(), outcome.gradients());
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Preset.class)
  void gradientsAreRoundedOnceWhollyWrittenAndNowhereElse(Preset preset) {
    double[] scales = {1, 1024, 1.0 / 3, -0.5};
    int n = 0;
    for (long seed : SEED.draws(4).toArray()) {
      RandomCase drawn = RandomCase.draw(preset, RandomCase.Mood.CALM, seed);
      double scale = scales[n++];
      List<double[]> truth =
          Outcome.of(Backend.REFERENCE, drawn).gradients().stream().map(TensorValues::of).toList();
      for (ElementType type : ElementType.values()) {
        for (TensorLayout layout : TensorLayout.values()) {
          for (byte poison : new byte[] {0x55, (byte) 0xff}) {
            List<GuardedTensor> gradients =
                drawn.predictions().stream()
                    .map(p -> RandomCase.like(p, type, layout, poison))
                    .toList();
            try (LossEngine engine =
                LossEngine.open(
                    drawn.spec(),
                    EngineOptions.on(Backend.REFERENCE).with(NonFinitePolicy.REPORT))) {
              engine.compute(
                  drawn.predictions(), drawn.targets(), SmallCase.into(gradients), scale);
            }
            for (int layer = 0; layer < gradients.size(); layer++) {
              String name = drawn.name() + " " + type + " " + layout + " layer " + layer;
              ParityAssert.exactly()
                  .check(
                      name,
                      rounded(truth.get(layer), scale, type),
                      TensorValues.of(gradients.get(layer).tensor()));
              assertThat(gradients.get(layer).strayWrites()).as(name).isEmpty();
            }
          }
        }
      }
    }
  }

  /** Scaled in double, rounded to float, from there to the sixteen bits. */
  private static double[] rounded(double[] gradient, double scale, ElementType type) {
    double[] rounded = new double[gradient.length];
    for (int n = 0; n < gradient.length; n++) {
      double scaled = gradient[n] * scale;
      rounded[n] =
          switch (type) {
            case F64 -> scaled;
            case F32 -> (float) scaled;
            case F16 -> Float.float16ToFloat(Float.floatToFloat16((float) scaled));
            case BF16 -> nearestBfloat((float) scaled);
          };
    }
    return rounded;
  }

  private static double nearestBfloat(float value) {
    int low = Float.floatToRawIntBits(value) & 0xffff0000;
    float below = Float.intBitsToFloat(low);
    float above = Float.intBitsToFloat(low + 0x10000);
    double toBelow = Math.abs((double) value - below);
    double toAbove = Math.abs((double) above - value);
    boolean even = (low & 0x10000) == 0;
    return toBelow < toAbove || toBelow == toAbove && even ? below : above;
  }

  @Test
  void aStrayWriteWouldShow() {
    GuardedTensor guarded =
        TensorLayout.PADDED_ROWS.allocate(ElementType.F16, 1, 1, 6, 2, 2, (byte) 0x55);
    assertThat(guarded.strayWrites()).isEmpty();
    guarded.tensor().set(0, 0, 5, 1, 1, 1);
    assertThat(guarded.strayWrites()).isEmpty();
    // between the first row and the second
    ElementType.F16.set(guarded.tensor().memory(), 2, 1);
    assertThat(guarded.strayWrites()).containsExactly(14L, 15L);
  }

  @Test
  void theEnginesOwnMemoryIsKeptAndReadOnly() {
    LossSpec spec = SmallCase.spec(Preset.YOLOV5, SmallCase.TWO_HEADS);
    RandomCase input = SmallCase.of(spec, SEED.value());
    try (LossEngine engine = LossEngine.open(spec, Backend.REFERENCE)) {
      Gradients owned = engine.gradients();
      assertThatThrownBy(owned::tensors)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("nothing was computed yet");
      engine.compute(input.predictions(), input.targets());
      List<HeadTensor> first = owned.tensors();
      assertThatThrownBy(() -> first.getFirst().set(0, 0, 0, 0, 0, 1))
          .isInstanceOf(IllegalArgumentException.class);
      engine.compute(input.predictions(), Targets.none());
      assertThat(owned.tensors().getFirst().memory().address())
          .isEqualTo(first.getFirst().memory().address());
    }
  }

  @ParameterizedTest
  @EnumSource(Preset.class)
  void nothingOfAnEarlierStepRemains(Preset preset) {
    LossSpec spec = SmallCase.spec(preset, SmallCase.TWO_HEADS);
    RandomCase input = SmallCase.of(spec, SEED.value());
    RandomCase larger = SmallCase.of(spec, SEED.value() + 1, 128, 160);
    RandomCase elsewhere =
        input.with(input.predictions(), Targets.builder().add(1, 0, 0.6, 0.2, 0.5, 0.6).build());
    RandomCase spoilt = SmallCase.of(spec, SEED.value());
    spoilt.predictions().getLast().set(0, 0, 4, 0, 0, Double.NaN);
    RandomCase half = input.as(ElementType.F16, TensorLayout.ATTRIBUTE_LAST);
    try (LossEngine engine = LossEngine.open(spec, Backend.REFERENCE)) {
      for (RandomCase step : List.of(input, elsewhere, larger, half, input, elsewhere)) {
        engine.compute(step.predictions(), step.targets());
        check(preset, step, engine.gradients().tensors());
        assertThatThrownBy(() -> engine.compute(spoilt.predictions(), spoilt.targets()))
            .isInstanceOf(NonFiniteException.class);
        for (HeadTensor zeroed : engine.gradients().tensors()) {
          assertThat(TensorValues.of(zeroed)).containsOnly(0.0);
        }
        engine.compute(step.predictions(), step.targets());
        check(preset, step, engine.gradients().tensors());
      }
    }
  }

  private static void check(Preset preset, RandomCase step, List<HeadTensor> gradients) {
    List<HeadTensor> fresh =
        Outcome.of(Backend.REFERENCE, step).gradients().stream()
            .map(g -> RandomCase.copy(g, step.predictions().getFirst().type(), TensorLayout.NCHW))
            .toList();
    ParityAssert.exactly().check(preset + " step", fresh, gradients);
  }

  @Test
  void headsMayInterleaveInOneBuffer() {
    LossSpec spec = SmallCase.spec(Preset.YOLOV5, SmallCase.TWO_HEADS);
    RandomCase input = SmallCase.of(spec, SEED.value());
    HeadTensor fine = input.predictions().getFirst();
    HeadTensor coarse = input.predictions().getLast();
    int attributes = fine.attributes();
    long fineBoxes = (long) fine.anchors() * fine.height() * fine.width();
    long boxes = fineBoxes + (long) coarse.anchors() * coarse.height() * coarse.width();
    var buffer = Arena.ofAuto().allocate(fine.images() * boxes * attributes * 4, 4);
    List<HeadTensor> interleaved =
        List.of(
            boxesLast(fine, buffer, boxes),
            boxesLast(coarse, buffer.asSlice(fineBoxes * attributes * 4), boxes));
    try (LossEngine engine = LossEngine.open(spec, Backend.REFERENCE)) {
      engine.compute(input.predictions(), input.targets(), Gradients.into(interleaved));
    }
    check(Preset.YOLOV5, input, interleaved);
  }

  private static HeadTensor boxesLast(HeadTensor like, MemorySegment memory, long boxes) {
    long c = like.attributes();
    return new HeadTensor(
        memory,
        like.type(),
        like.images(),
        like.anchors(),
        like.attributes(),
        like.height(),
        like.width(),
        new HeadTensor.Strides(
            boxes * c, like.height() * like.width() * c, 1, like.width() * c, c));
  }
}
