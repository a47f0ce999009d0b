package dev.yololoss.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.yololoss.Backend;
import dev.yololoss.ElementType;
import dev.yololoss.EngineOptions;
import dev.yololoss.HeadTensor;
import dev.yololoss.InstructionSet;
import dev.yololoss.NativeInThisBuild;
import dev.yololoss.NonFinitePolicy;
import dev.yololoss.RandomCase;
import dev.yololoss.Seed;
import dev.yololoss.Targets;
import dev.yololoss.TensorLayout;
import dev.yololoss.TensorValues;
import dev.yololoss.parity.CompareRuns;
import dev.yololoss.parity.StepCase;
import dev.yololoss.parity.StepRun;
import dev.yololoss.spec.Heads;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Preset;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Steps on planes around the 1,024 cells that NATIVE's dense pass takes at a time, and on one of
 * many such runs, with hundreds of targets. Random steps elsewhere have smaller planes.
 */
@EnabledIf(
    value = "dev.yololoss.NativeInThisBuild#isThere",
    disabledReason = NativeInThisBuild.REASON)
class HostLargePlanesTest {
  private static final int STRIDE = 8;
  private static final int IMAGES = 2;
  private static final int TARGETS = 400;
  private static final Heads HEADS = Heads.builder().head(STRIDE, 10, 14, 24, 18).build();
  private static final Seed SEED = Seed.of(HostLargePlanesTest.class);

  /** Presets, grid heights and widths, and layouts. */
  static Stream<Arguments> cases() {
    return Stream.of(Preset.YOLOV5, Preset.YOLOV3_BCE, Preset.DARKNET, Preset.YOLOV2)
        .flatMap(
            preset ->
                Stream.of(
                        new int[] {31, 33},
                        new int[] {32, 32},
                        new int[] {25, 41},
                        new int[] {80, 80})
                    .flatMap(
                        grid ->
                            Stream.of(TensorLayout.NCHW, TensorLayout.ATTRIBUTE_LAST)
                                .map(layout -> Arguments.of(preset, grid[0], grid[1], layout))));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void everyCellOfTheirPlanesAgreesWithTheReference(
      Preset preset, int height, int width, TensorLayout layout) {
    StepCase input = draw(preset, height, width, layout);
    StepRun expected = StepRun.of(Backend.REFERENCE, input);
    assertThat(expected.assigned()).hasSizeGreaterThan(TARGETS / 2);
    for (InstructionSet set : new InstructionSet[] {InstructionSet.BASELINE, InstructionSet.BEST}) {
      StepRun actual = StepRun.of(EngineOptions.on(Backend.NATIVE).with(set), input);
      CompareRuns.check(expected, actual);
      CompareRuns.guards(actual);
    }
  }

  private static StepCase draw(Preset preset, int height, int width, TensorLayout layout) {
    Random random = new Random(SEED.value() + height * 1000L + width);
    LossSpec spec = LossSpec.builder(preset).classes(3).heads(HEADS).build();
    HeadTensor tensor =
        layout
            .allocate(
                ElementType.F32,
                IMAGES,
                HEADS.heads().getFirst().anchors().size(),
                spec.attributes(),
                height,
                width,
                (byte) 0)
            .tensor();
    double[] values = new double[(int) tensor.size()];
    for (int n = 0; n < values.length; n++) {
      values[n] = random.nextInt(500) == 0 ? random.nextInt(-30, 31) : 1.5 * random.nextGaussian();
    }
    TensorValues.write(tensor, values);
    RandomCase input =
        new RandomCase(
            preset + " " + height + " x " + width + " " + layout,
            spec,
            List.of(tensor),
            targets(random, width * STRIDE, height * STRIDE));
    return new StepCase(input, ElementType.F32, layout, 1, NonFinitePolicy.REPORT);
  }

  /** Anywhere, between a third and seven times as large as the anchors. */
  private static Targets targets(Random random, int width, int height) {
    Targets.Builder targets = Targets.builder();
    for (int n = 0; n < TARGETS; n++) {
      targets.add(
          n % IMAGES,
          random.nextInt(3),
          random.nextDouble(),
          random.nextDouble(),
          (6 + 66 * random.nextDouble()) / width,
          (6 + 66 * random.nextDouble()) / height);
    }
    return targets.build();
  }
}
