package dev.yololoss.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.yololoss.Backend;
import dev.yololoss.ElementType;
import dev.yololoss.HeadTensor;
import dev.yololoss.Match;
import dev.yololoss.NativeInThisBuild;
import dev.yololoss.Outcome;
import dev.yololoss.RandomCase;
import dev.yololoss.Seed;
import dev.yololoss.TensorLayout;
import dev.yololoss.TensorValues;
import dev.yololoss.spec.BoxTerm.Kind;
import dev.yololoss.spec.Heads;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.ObjectnessTerm;
import dev.yololoss.spec.Preset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * How far each term's gradient may be off: four times the error of the plain formula in floats, and
 * a floor of eight halves of a unit in the last place. Boxes, the objectness of matches and the
 * classes that are asked for are computed in double and rounded once: for them the floor alone has
 * to do, whatever plain floats would make of them.
 */
@EnabledIf(
    value = "dev.yololoss.NativeInThisBuild#isThere",
    disabledReason = NativeInThisBuild.REASON)
class HostTermErrorTest {
  private static final double FLOOR = 8 * 0x1p-24;

  /** What double formulas with their cancellations leave, as a share of the tensor's largest. */
  private static final double RESIDUE = 0x1p-40;

  private static final double LEAST = 0x1p-126;
  private static final int CASES = 40;
  private static final int CLASSES = 5;
  private static final Seed SEED = Seed.of(HostTermErrorTest.class);
  private static final Heads HEADS =
      Heads.builder().head(16, 12, 16, 30, 20).head(32, 20, 24, 60, 40).build();

  static Stream<Arguments> boxTerms() {
    return Stream.of(
        Arguments.of(Preset.YOLOV2, Kind.SQUARED_ERROR_EXP),
        Arguments.of(Preset.YOLOV3_LOGITS, Kind.BCE_AND_SQUARED_ERROR_EXP),
        Arguments.of(Preset.YOLOV3_BCE, Kind.BCE_AND_SQUARED_ERROR_LOG),
        Arguments.of(Preset.YOLOV3_RATIO, Kind.SQUARED_ERROR_CELL),
        Arguments.of(Preset.YOLOV3_RATIO, Kind.SQUARED_ERROR_CELL_AND_IOU),
        Arguments.of(Preset.YOLOV3_BEST, Kind.ONE_MINUS_IOU),
        Arguments.of(Preset.DARKNET_AUTODIFF, Kind.SQUARED_ERROR_DARKNET),
        Arguments.of(Preset.DARKNET_AUTODIFF, Kind.ONE_MINUS_IOU),
        Arguments.of(Preset.DARKNET_AUTODIFF, Kind.ONE_MINUS_GIOU),
        Arguments.of(Preset.DARKNET_AUTODIFF, Kind.ONE_MINUS_DIOU),
        Arguments.of(Preset.DARKNET_AUTODIFF, Kind.ONE_MINUS_CIOU),
        Arguments.of(Preset.DARKNET, Kind.SQUARED_ERROR_DARKNET),
        Arguments.of(Preset.DARKNET, Kind.ONE_MINUS_CIOU),
        Arguments.of(Preset.YOLOV5, Kind.ONE_MINUS_CIOU));
  }

  @ParameterizedTest
  @MethodSource("boxTerms")
  void boxesAreRoundedOnce(Preset preset, Kind kind) {
    LossSpec.Builder builder = LossSpec.builder(preset).classes(CLASSES).heads(HEADS);
    if (preset.options().contains("box.kind")) {
      builder.option("box.kind", kind);
    }
    if (preset == Preset.YOLOV3_RATIO) {
      boolean both = kind == Kind.SQUARED_ERROR_CELL_AND_IOU;
      builder.option(
          "objectness.target", both ? ObjectnessTerm.Target.MATCH_IOU : ObjectnessTerm.Target.ONE);
    }
    LossSpec spec = builder.build();
    assertThat(spec.box().kind()).isEqualTo(kind);
    int slopes = 0;
    for (Compared run : runs(spec)) {
      for (Slot slot : run.slots()) {
        for (int k = 0; k < 4; k++) {
          slopes += slot.truth(k) != 0 ? 1 : 0;
          slot.requireRounded(k);
        }
      }
    }
    assertThat(slopes).as("box slopes that are not 0").isGreaterThan(100);
  }

  @ParameterizedTest
  @EnumSource(Preset.class)
  void objectnessOfMatchesIsRoundedOnce(Preset preset) {
    LossSpec spec = LossSpec.builder(preset).classes(CLASSES).heads(HEADS).build();
    for (Compared run : runs(spec)) {
      run.slots().stream().filter(Slot::isMatched).forEach(slot -> slot.requireRounded(4));
    }
  }

  /** Elsewhere the sigmoid is a float's; e.g. its square has the slope 2 s s (1 - s). */
  @ParameterizedTest
  @EnumSource(
      value = Preset.class,
      names = {"YOLOV2", "YOLOV2_OLD", "YOLOV2_V1", "YOLOV2_V2", "DARKNET"})
  void objectnessElsewhereIsOffByFourPlainErrors(Preset preset) {
    LossSpec spec = LossSpec.builder(preset).classes(CLASSES).heads(HEADS).build();
    boolean delta = preset == Preset.DARKNET;
    int compared = 0;
    for (Compared run : runs(spec)) {
      for (Slot slot : run.slots()) {
        if (slot.isMatched() || slot.truth(4) == 0) {
          continue; // ignored, or in an image without targets
        }
        double x = slot.raw(4);
        float s = PlainFloats.sigmoid((float) x);
        double exact = 1 / (1 + Math.exp(-x));
        double missing = 1 / (1 + Math.exp(x));
        double factor = slot.truth(4) / (delta ? exact : exact * exact * missing);
        float plain = delta ? s : s * s * PlainFloats.sigmoid((float) -x);
        slot.require(4, factor * plain, Math.abs(slot.truth(4)));
        compared++;
      }
    }
    assertThat(compared).isGreaterThan(100);
  }

  @ParameterizedTest
  @CsvSource({
    "YOLOV5, 0, 1, 0", "YOLOV5, 0.1, 1, 0", "YOLOV5, 0.1, 3.5, 0", "YOLOV5, 0, 0.3, 1.5",
    "YOLOV5, 0.1, 2, 0.5", "YOLOV5, 0, 1, 2", "YOLOV3_LOGITS, 0, 1, 0", "YOLOV3_RATIO, 0, 1, 0"
  })
  void classesByBceAreOffByFourPlainErrors(
      Preset preset, double smoothing, double positiveWeight, double gamma) {
    LossSpec.Builder builder = LossSpec.builder(preset).classes(CLASSES).heads(HEADS);
    if (preset == Preset.YOLOV5) {
      builder
          .option("classification.labelSmoothing", smoothing)
          .option("classification.positiveWeight", positiveWeight)
          .option("focalGamma", gamma);
    }
    float target = (float) (smoothing / 2);
    PlainFloats plain = new PlainFloats(target, (float) positiveWeight, (float) gamma);
    int compared = 0;
    for (Compared run : runs(builder.build())) {
      for (Slot slot : run.slots()) {
        if (slot.asked().size() != 1) {
          continue;
        }
        slot.requireRounded(5 + slot.asked().getFirst());
        double factor = factor(slot, plain);
        for (int c = 0; c < CLASSES; c++) {
          double x = slot.raw(5 + c);
          double magnitude = Math.abs(factor) * plain.magnitude(x) * (1 + gamma * Math.abs(x));
          if (c != slot.asked().getFirst()) {
            slot.require(5 + c, factor * plain.slope((float) x), magnitude);
            compared++;
          }
        }
      }
    }
    assertThat(compared).isGreaterThan(100);
  }

  @ParameterizedTest
  @EnumSource(
      value = Preset.class,
      names = {"YOLOV5_CE", "YOLOV2", "YOLOV2_V1"})
  void classesBySoftmaxAreOffByFourPlainErrors(Preset preset) {
    LossSpec spec = LossSpec.builder(preset).classes(CLASSES).heads(HEADS).build();
    int compared = 0;
    for (Compared run : runs(spec)) {
      for (Slot slot : run.slots()) {
        if (slot.asked().size() != 1) {
          continue;
        }
        double largest = Double.NEGATIVE_INFINITY;
        double sum = 0;
        float plainSum = 0;
        for (int c = 0; c < CLASSES; c++) {
          largest = Math.max(largest, slot.raw(5 + c));
        }
        for (int c = 0; c < CLASSES; c++) {
          sum += Math.exp(slot.raw(5 + c) - largest);
          plainSum += (float) Math.exp((float) (slot.raw(5 + c) - largest));
        }
        int asked = slot.asked().getFirst();
        int other = asked == 0 ? 1 : 0;
        double factor = slot.truth(5 + other) * sum / Math.exp(slot.raw(5 + other) - largest);
        for (int c = 0; c < CLASSES; c++) {
          double below = largest - slot.raw(5 + c);
          float share = (float) Math.exp((float) -below) / plainSum;
          double plain = factor * (c == asked ? share - 1 : share);
          // the answer asked for is a share minus 1, whose digits beyond those of 1 plain floats
          // lose and NATIVE keeps
          slot.require(5 + c, plain, Math.abs(slot.truth(5 + c)) * (1 + below));
          compared++;
        }
      }
    }
    assertThat(compared).isGreaterThan(100);
  }

  /** Negative control: an error of one part in a hundred thousand shows. */
  @Test
  void smallErrorsShow() {
    LossSpec spec = LossSpec.builder(Preset.YOLOV5).classes(CLASSES).heads(HEADS).build();
    Slot slot =
        runs(spec).stream()
            .flatMap(run -> run.slots().stream())
            .filter(s -> s.truth(0) != 0)
            .findFirst()
            .orElseThrow();
    slot.requireRounded(0);
    Slot off = slot.withError(0, 1e-5);
    assertThatThrownBy(() -> off.requireRounded(0)).isInstanceOf(AssertionError.class);
    assertThatThrownBy(() -> off.require(0, off.truth(0), Math.abs(off.truth(0))))
        .isInstanceOf(AssertionError.class);
  }

  /** From a slope to a gradient, told by the class whose slope is largest. */
  private static double factor(Slot slot, PlainFloats plain) {
    int best = -1;
    for (int c = 0; c < CLASSES; c++) {
      if (c != slot.asked().getFirst()
          && (best < 0
              || Math.abs(plain.exactSlope(slot.raw(5 + c)))
                  > Math.abs(plain.exactSlope(slot.raw(5 + best))))) {
        best = c;
      }
    }
    return slot.truth(5 + best) / plain.exactSlope(slot.raw(5 + best));
  }

  private static List<Compared> runs(LossSpec spec) {
    List<Compared> runs = new ArrayList<>();
    SEED.draws(CASES)
        .forEach(
            seed -> {
              var mood = seed % 2 == 0 ? RandomCase.Mood.CALM : RandomCase.Mood.AWKWARD;
              RandomCase input =
                  RandomCase.of(spec, mood, seed).as(ElementType.F32, TensorLayout.NCHW);
              input.predictions().forEach(HostTermErrorTest::limitBoxes);
              runs.add(
                  new Compared(
                      input,
                      Outcome.of(Backend.REFERENCE, input),
                      Outcome.of(Backend.NATIVE, input)));
            });
    return runs;
  }

  /** So that no exponential's square exceeds a float; HostOverflowTest looks beyond. */
  private static void limitBoxes(HeadTensor p) {
    double[] values = TensorValues.of(p);
    for (int n = 0; n < values.length; n++) {
      values[n] = n % p.attributes() < 4 ? Math.clamp(values[n], -30, 30) : values[n];
    }
    TensorValues.write(p, values);
  }

  private record Compared(RandomCase input, Outcome expected, Outcome actual) {
    List<Slot> slots() {
      List<Slot> slots = new ArrayList<>();
      for (int layer = 0; layer < input.predictions().size(); layer++) {
        HeadTensor p = input.predictions().get(layer);
        double[] raw = TensorValues.of(p);
        double[] truth = TensorValues.of(expected.gradients().get(layer));
        double[] found = TensorValues.of(actual.gradients().get(layer));
        Map<Integer, List<Integer>> asked = asked(layer, p);
        for (int at = 0; at < raw.length; at += p.attributes()) {
          List<Integer> here = asked.getOrDefault(at / p.attributes(), List.of());
          slots.add(new Slot(input.name(), p, at, here, raw, truth, found));
        }
      }
      return slots;
    }

    /** Classes of the targets on each slot. */
    private Map<Integer, List<Integer>> asked(int layer, HeadTensor p) {
      return expected.matches().stream()
          .filter(m -> m.layer() == layer)
          .collect(
              Collectors.groupingBy(
                  m -> slot(p, m),
                  Collectors.mapping(
                      m -> input.targets().category(m.target()), Collectors.toList())));
    }

    private static int slot(HeadTensor p, Match m) {
      int plane = m.image() * p.anchors() + m.anchor();
      return (plane * p.height() + m.row()) * p.width() + m.column();
    }
  }

  /**
   * @param at where the slot's values start
   * @param asked classes of its targets
   */
  private record Slot(
      String name,
      HeadTensor shape,
      int at,
      List<Integer> asked,
      double[] raws,
      double[] truths,
      double[] founds) {
    boolean isMatched() {
      return !asked.isEmpty();
    }

    double raw(int attribute) {
      return raws[at + attribute];
    }

    double truth(int attribute) {
      return truths[at + attribute];
    }

    void requireRounded(int attribute) {
      require(attribute, truth(attribute), Math.abs(truth(attribute)));
    }

    /**
     * @param plain what the plain formula in floats gives
     * @param magnitude of the largest number that is added up to this one
     */
    void require(int attribute, double plain, double magnitude) {
      double largest = 0;
      for (double value : truths) {
        largest = Math.max(largest, Math.abs(value));
      }
      double allowed =
          4 * Math.abs(plain - truth(attribute)) + FLOOR * magnitude + RESIDUE * largest + LEAST;
      double error = Math.abs(founds[at + attribute] - truth(attribute));
      if (!(error <= allowed)) { // a NaN is not close
        throw new AssertionError(
            name
                + ": "
                + TensorValues.place(shape, at + attribute)
                + " is "
                + founds[at + attribute]
                + ", off by "
                + error
                + " of "
                + allowed
                + "; expected "
                + truth(attribute)
                + ", in plain floats "
                + plain
                + ", raw "
                + raw(attribute));
      }
    }

    Slot withError(int attribute, double share) {
      double[] other = founds.clone();
      other[at + attribute] *= 1 + share;
      return new Slot(name, shape, at, asked, raws, truths, other);
    }
  }
}
