package dev.yololoss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Preset;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A NaN or an infinity is reported exactly where the loss reads it. */
class NonFiniteTest {
  private static final Seed SEED = Seed.of(NonFiniteTest.class);
  private static final double[] ODD = {
    Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY
  };

  @ParameterizedTest
  @EnumSource(Preset.class)
  void isReportedExactlyWhereTheLossReadsIt(Preset preset) {
    LossSpec spec = SmallCase.spec(preset, SmallCase.TWO_HEADS);
    RandomCase input = SmallCase.of(spec, SEED.value());
    int read = 0;
    int unread = 0;
    try (LossEngine engine =
        LossEngine.open(spec, EngineOptions.on(Backend.REFERENCE).with(NonFinitePolicy.REPORT))) {
      LossResult clean = engine.value(input.predictions(), input.targets());
      double total = clean.total();
      List<Match> matches = clean.matches();
      assertThat(clean.diagnostics().firstNonFinite()).isEmpty();
      IgnoreMask ignored = engine.searchIgnored(input.predictions(), input.targets());
      DecodedBoxes decoded = engine.decode(input.predictions());
      for (int layer = 0; layer < input.predictions().size(); layer++) {
        HeadTensor p = input.predictions().get(layer);
        for (int n = 0; n < p.size(); n++) {
          Place place = Place.of(p, layer, n);
          boolean reads =
              reads(
                  preset,
                  place,
                  input,
                  matches,
                  ignored.layers().get(layer).get(n / p.attributes()),
                  decoded);
          read += reads ? 1 : 0;
          unread += reads ? 0 : 1;
          double before = place.get(p);
          for (double odd : ODD) {
            place.set(p, odd);
            LossResult result = engine.value(input.predictions(), input.targets());
            Optional<NonFinite> found = result.diagnostics().firstNonFinite();
            if (reads) {
              assertThat(found).as(preset + " " + place).contains(place.holding(odd));
            } else {
              assertThat(found).as(preset + " " + place).isEmpty();
              assertThat(result.total()).as(preset + " " + place).isEqualTo(total);
              assertThat(result.diagnostics().objectnessElsewhere())
                  .as(preset + " " + place)
                  .isFinite();
            }
          }
          place.set(p, before);
        }
      }
    }
    assertThat(read).isPositive();
    assertThat(unread).isPositive().isGreaterThan(10);
  }

  /** What the specification says is read, told from the assignment alone. */
  private static boolean reads(
      Preset preset,
      Place place,
      RandomCase input,
      List<Match> matches,
      boolean ignored,
      DecodedBoxes decoded) {
    boolean overlaps = overlaps(place, input, decoded);
    boolean matched = matches.stream().anyMatch(place::isSlotOf);
    boolean targets = input.targets().rowsOf(place.image).length > 0;
    boolean box = place.attribute < 4;
    boolean objectness = place.attribute == 4;
    return switch (preset) {
      case YOLOV5, YOLOV5_CE, YOLOV3_RATIO -> objectness || matched;
      case YOLOV3_BEST -> objectness || matched || box && place.isCellOfATarget(input);
      case YOLOV2_V1 -> targets && (objectness || matched);
      case YOLOV2, YOLOV2_OLD, YOLOV2_V2, YOLOV3_LOGITS ->
          targets && (objectness ? !ignored : box || matched);
      case YOLOV3_BCE -> objectness ? !ignored : targets && (box || matched);
      case DARKNET -> objectness || (box ? targets : matched || overlaps);
      case DARKNET_AUTODIFF -> objectness ? !ignored : box ? targets : matched || overlaps;
    };
  }

  /** Whether a slot's predicted box has more IoU with a target of its image than the threshold. */
  private static boolean overlaps(Place place, RandomCase input, DecodedBoxes decoded) {
    HeadTensor first = input.predictions().getFirst();
    int n = 0;
    for (int layer = 0; layer < place.layer; layer++) {
      HeadTensor p = input.predictions().get(layer);
      n += p.anchors() * p.height() * p.width();
    }
    HeadTensor p = input.predictions().get(place.layer);
    n += (place.anchor * p.height() + place.row) * p.width() + place.column;
    double width = first.width() * input.spec().heads().heads().getFirst().stride();
    double height = first.height() * input.spec().heads().heads().getFirst().stride();
    double best = 0;
    for (int row : input.targets().rowsOf(place.image)) {
      Targets t = input.targets();
      double w = decoded.width(place.image, n) / width;
      double h = decoded.height(place.image, n) / height;
      double dx = Math.abs(decoded.centreX(place.image, n) / width - t.centreX(row));
      double dy = Math.abs(decoded.centreY(place.image, n) / height - t.centreY(row));
      double inner =
          Math.max(0, Math.min(Math.min(w, t.width(row)), (w + t.width(row)) / 2 - dx))
              * Math.max(0, Math.min(Math.min(h, t.height(row)), (h + t.height(row)) / 2 - dy));
      best = Math.max(best, inner / (w * h + t.width(row) * t.height(row) - inner));
    }
    return best > input.spec().ignore().threshold();
  }

  private record Place(int layer, int image, int anchor, int row, int column, int attribute) {
    static Place of(HeadTensor t, int layer, int n) {
      int cell = n / t.attributes();
      int plane = cell / t.width() / t.height();
      return new Place(
          layer,
          plane / t.anchors(),
          plane % t.anchors(),
          cell / t.width() % t.height(),
          cell % t.width(),
          n % t.attributes());
    }

    double get(HeadTensor t) {
      return t.get(image, anchor, attribute, row, column);
    }

    void set(HeadTensor t, double value) {
      t.set(image, anchor, attribute, row, column, value);
    }

    boolean isSlotOf(Match m) {
      return m.layer() == layer
          && m.image() == image
          && m.anchor() == anchor
          && m.row() == row
          && m.column() == column;
    }

    boolean isCellOfATarget(RandomCase input) {
      HeadTensor t = input.predictions().get(layer);
      for (int target : input.targets().rowsOf(image)) {
        if ((int) (input.targets().centreX(target) * t.width()) == column
            && (int) (input.targets().centreY(target) * t.height()) == row) {
          return true;
        }
      }
      return false;
    }

    NonFinite holding(double value) {
      return new NonFinite(
          NonFinite.Kind.PREDICTION, layer, image, anchor, row, column, attribute, value);
    }
  }

  @ParameterizedTest
  @EnumSource(Preset.class)
  void theFirstOfSeveralIsNamed(Preset preset) {
    LossSpec spec = SmallCase.spec(preset, SmallCase.TWO_HEADS);
    RandomCase input =
        SEED.draws(1000)
            .mapToObj(seed -> SmallCase.of(spec, seed))
            .filter(NonFiniteTest::ignoresNobody)
            .findFirst()
            .orElseThrow();
    List<Place> inOrder =
        List.of(
            new Place(0, 0, 0, 1, 1, 4),
            new Place(0, 0, 0, 1, 2, 4),
            new Place(0, 0, 0, 2, 0, 4),
            new Place(0, 2, 0, 0, 0, 4),
            new Place(1, 0, 0, 0, 0, 4),
            new Place(1, 0, 1, 0, 0, 4),
            new Place(1, 2, 0, 0, 0, 4));
    try (LossEngine engine = LossEngine.open(spec, Backend.REFERENCE)) {
      for (Place place : inOrder.reversed()) {
        place.set(input.predictions().get(place.layer), Double.NaN);
        assertThatThrownBy(() -> engine.compute(input.predictions(), input.targets()))
            .isInstanceOfSatisfying(
                NonFiniteException.class,
                e -> assertThat(e.where()).isEqualTo(place.holding(Double.NaN)))
            .hasMessageContaining("NaN")
            .hasMessageContaining("layer " + place.layer + ", image " + place.image)
            .hasMessageContaining("objectness");
        assertThat(engine.scan(input.predictions())).contains(place.holding(Double.NaN));
      }
    }
  }

  private static boolean ignoresNobody(RandomCase input) {
    try (LossEngine engine = LossEngine.open(input.spec(), Backend.REFERENCE)) {
      return engine.searchIgnored(input.predictions(), input.targets()).count() == 0;
    }
  }

  @Test
  void scanFindsAlsoWhatNoLossReads() {
    LossSpec spec = SmallCase.spec(Preset.YOLOV2, SmallCase.TWO_HEADS);
    RandomCase input = SmallCase.of(spec, SEED.value());
    try (LossEngine engine = LossEngine.open(spec, Backend.REFERENCE)) {
      assertThat(engine.scan(input.predictions())).isEmpty();
      for (int layer = 0; layer < 2; layer++) {
        HeadTensor p = input.predictions().get(layer);
        for (int n = 0; n < p.size(); n++) {
          Place place = Place.of(p, layer, n);
          double before = place.get(p);
          place.set(p, Double.NEGATIVE_INFINITY);
          assertThat(engine.scan(input.predictions()))
              .contains(place.holding(Double.NEGATIVE_INFINITY));
          place.set(p, before);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Preset.class)
  void throwZeroesGradientsAndReportHandsThemOver(Preset preset) {
    LossSpec spec = SmallCase.spec(preset, SmallCase.ONE_HEAD);
    RandomCase input = SmallCase.of(spec, SEED.value());
    input.predictions().getFirst().set(0, 0, 4, 0, 0, Double.NaN);
    List<GuardedTensor> poisoned = SmallCase.poisoned(input, TensorLayout.PADDED_ROWS, (byte) 0x55);
    try (LossEngine engine = LossEngine.open(spec, Backend.REFERENCE)) {
      assertThatThrownBy(
              () -> engine.compute(input.predictions(), input.targets(), SmallCase.into(poisoned)))
          .isInstanceOf(NonFiniteException.class);
      assertThat(TensorValues.of(poisoned.getFirst().tensor())).containsOnly(0.0);
      assertThat(poisoned.getFirst().strayWrites()).isEmpty();
    }
    try (LossEngine engine =
        LossEngine.open(spec, EngineOptions.on(Backend.REFERENCE).with(NonFinitePolicy.REPORT))) {
      LossResult result = engine.compute(input.predictions(), input.targets());
      assertThat(result.total()).isNaN();
      double[] gradient = TensorValues.of(engine.gradients().tensors().getFirst());
      assertThat(gradient[4]).isNaN();
      assertThat(Arrays.stream(gradient)).anyMatch(g -> g != 0 && Double.isFinite(g));
    }
  }

  @Test
  void zeroIsDarknetsAndZeroesOnlyWhatIsNotFinite() {
    EngineOptions zero = EngineOptions.on(Backend.REFERENCE).with(NonFinitePolicy.ZERO);
    for (Preset preset : Preset.values()) {
      LossSpec spec = SmallCase.spec(preset, SmallCase.ONE_HEAD);
      if (preset != Preset.DARKNET) {
        assertThatThrownBy(() -> LossEngine.open(spec, zero))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining("ZERO")
            .hasMessageContaining(preset.id())
            .hasMessageContaining("THROW and REPORT");
      }
    }
    LossSpec spec = SmallCase.spec(Preset.DARKNET, SmallCase.ONE_HEAD);
    RandomCase input = SmallCase.of(spec, SEED.value());
    double[] clean = TensorValues.of(Outcome.of(Backend.REFERENCE, input).gradients().getFirst());
    input.predictions().getFirst().set(1, 0, 4, 0, 0, Double.NaN);
    int planted = clean.length / 3 + 4;
    try (LossEngine engine = LossEngine.open(spec, zero)) {
      Outcome outcome = Outcome.of(engine, input);
      double[] gradient = TensorValues.of(outcome.gradients().getFirst());
      assertThat(clean[planted]).isNotZero();
      clean[planted] = 0;
      ParityAssert.exactly().check("others as before", clean, gradient);
      assertThat(outcome.diagnostics().firstNonFinite())
          .hasValueSatisfying(n -> assertThat(n.kind()).isEqualTo(NonFinite.Kind.PREDICTION));
    }
  }

  @Test
  void anOverflowOfTheGradientsTypeCounts() {
    LossSpec spec = SmallCase.spec(Preset.YOLOV3_BCE, SmallCase.ONE_HEAD);
    RandomCase input = SmallCase.of(spec, SEED.value()).as(ElementType.F16, TensorLayout.NCHW);
    try (LossEngine engine = LossEngine.open(spec, Backend.REFERENCE)) {
      Gradients owned = engine.gradients();
      engine.compute(input.predictions(), input.targets(), owned, 1000);
      assertThat(Arrays.stream(TensorValues.of(owned.tensors().getFirst()))).anyMatch(g -> g != 0);
      NonFiniteException thrown =
          catchThrowableOfType(
              NonFiniteException.class,
              () -> engine.compute(input.predictions(), input.targets(), owned, 1e8));
      assertThat(thrown.where().kind()).isEqualTo(NonFinite.Kind.GRADIENT);
      assertThat(thrown.where().value()).isInfinite();
      assertThat(thrown).hasMessageContaining("gradient");
      assertThat(TensorValues.of(owned.tensors().getFirst())).containsOnly(0.0);
      // the value alone has nothing to overflow
      assertThat(engine.value(input.predictions(), input.targets()).total()).isFinite();
    }
  }

  @Test
  void aLossThatOverflowsFromFinitePredictionsIsReported() {
    LossSpec spec = SmallCase.spec(Preset.YOLOV2, SmallCase.ONE_HEAD);
    RandomCase input = SmallCase.of(spec, SEED.value()).as(ElementType.F64, TensorLayout.NCHW);
    try (LossEngine engine = LossEngine.open(spec, Backend.REFERENCE)) {
      Match match = engine.assign(input.predictions(), input.targets()).getFirst();
      input
          .predictions()
          .getFirst()
          .set(match.image(), match.anchor(), 2, match.row(), match.column(), 600);
      assertThatThrownBy(() -> engine.value(input.predictions(), input.targets()))
          .isInstanceOfSatisfying(
              NonFiniteException.class,
              e -> assertThat(e.where().kind()).isEqualTo(NonFinite.Kind.LOSS))
          .hasMessage("the loss is Infinity");
    }
  }
}
