package dev.yololoss;

import static org.assertj.core.api.Assertions.assertThat;

import dev.yololoss.spec.Ignore;
import dev.yololoss.spec.Preset;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The assignment table, the ignore mask and the diagnostics agree, recomputed from decoded boxes.
 */
class DiagnosticsTest {
  private static final Seed SEED = Seed.of(DiagnosticsTest.class);

  @ParameterizedTest
  @EnumSource(Preset.class)
  void countsAndMeansFollowFromTheTable(Preset preset) {
    boolean anyMatch = false;
    for (RandomCase.Mood mood : RandomCase.Mood.values()) {
      for (long seed : SEED.draws(20).toArray()) {
        RandomCase drawn = RandomCase.draw(preset, mood, seed);
        try (LossEngine engine = LossEngine.open(drawn.spec(), Backend.REFERENCE)) {
          DecodedBoxes boxes = engine.decode(drawn.predictions());
          IgnoreMask mask = engine.searchIgnored(drawn.predictions(), drawn.targets());
          List<Match> assigned = engine.assign(drawn.predictions(), drawn.targets());
          LossResult result = engine.compute(drawn.predictions(), drawn.targets());
          anyMatch |= !result.matches().isEmpty();
          check(drawn, result, boxes, mask);
          assertThat(assigned.stream().map(DiagnosticsTest::withoutLosses).toList())
              .as(drawn.name())
              .isEqualTo(result.matches().stream().map(DiagnosticsTest::withoutLosses).toList());
          assertThat(assigned)
              .allMatch(m -> m.boxLoss() == 0 && m.objectnessLoss() == 0 && m.classLoss() == 0);
        }
      }
    }
    assertThat(anyMatch).isTrue();
  }

  private static void check(
      RandomCase drawn, LossResult result, DecodedBoxes boxes, IgnoreMask mask) {
    Diagnostics d = result.diagnostics();
    List<Match> matches = result.matches();
    Targets targets = drawn.targets();
    Set<List<Integer>> slots = new HashSet<>();
    double[] best = new double[targets.size()];
    double sum = 0;
    for (Match m : matches) {
      slots.add(List.of(m.layer(), m.image(), m.anchor(), m.row(), m.column()));
      assertThat(m.image()).as(drawn.name()).isEqualTo(targets.image(m.target()));
      // the from-scratch series puts a centre at 1 at 0 of the last cell: no box in pixels
      boolean atBorder = targets.centreX(m.target()) == 1 || targets.centreY(m.target()) == 1;
      double iou = iou(drawn, boxes, m);
      boolean fromScratch =
          drawn.spec().preset() == Preset.YOLOV3_RATIO
              || drawn.spec().preset() == Preset.YOLOV3_BEST;
      if (!(fromScratch && atBorder)) {
        ParityAssert.within(1e-9, 0).check(drawn.name() + " 1 + iou of " + m, 1 + iou, 1 + m.iou());
      }
      best[m.target()] = Math.max(best[m.target()], m.iou());
      sum += m.iou();
    }
    assertThat(d.positives()).as(drawn.name()).isEqualTo(matches.size());
    assertThat(d.collisions()).as(drawn.name()).isEqualTo(matches.size() - slots.size());
    ParityAssert close = ParityAssert.within(1e-12, 0);
    close.check(drawn.name() + " mean IoU", sum / matches.size(), d.meanIou());
    close.check(drawn.name() + " recall 50", recall(best, 0.5), d.recall50());
    close.check(drawn.name() + " recall 75", recall(best, 0.75), d.recall75());
    assertThat(d.ignored()).as(drawn.name()).isEqualTo(mask.count());
    assertThat(d.firstNonFinite()).isEmpty();
    assertThat(d.deltaTallies())
        .hasSize(drawn.spec().preset() == Preset.DARKNET ? drawn.predictions().size() : 0);
    checkObjectness(drawn, d, boxes, mask, slots);
  }

  private static void checkObjectness(
      RandomCase drawn,
      Diagnostics d,
      DecodedBoxes boxes,
      IgnoreMask mask,
      Set<List<Integer>> slots) {
    double on = 0;
    double elsewhere = 0;
    int others = 0;
    int first = 0;
    for (int layer = 0; layer < drawn.predictions().size(); layer++) {
      HeadTensor p = drawn.predictions().get(layer);
      int perImage = p.anchors() * p.height() * p.width();
      BitSet ignored = mask.layers().get(layer);
      for (int image = 0; image < p.images(); image++) {
        boolean skipped =
            drawn.spec().ignore().emptyImages() == Ignore.EmptyImages.SKIP
                && drawn.targets().rowsOf(image).length == 0;
        for (int n = 0; n < perImage; n++) {
          boolean matched =
              slots.contains(
                  List.of(
                      layer,
                      image,
                      n / p.width() / p.height(),
                      n / p.width() % p.height(),
                      n % p.width()));
          double objectness = boxes.objectness(image, first + n);
          assertThat(matched && ignored.get(image * perImage + n)).as(drawn.name()).isFalse();
          if (matched) {
            on += objectness;
          } else if (!skipped && !ignored.get(image * perImage + n)) {
            elsewhere += objectness;
            others++;
          }
        }
      }
      first += perImage;
    }
    ParityAssert close = ParityAssert.within(1e-12, 0);
    close.check(drawn.name() + " on", on / slots.size(), d.objectnessOnMatches());
    close.check(drawn.name() + " elsewhere", elsewhere / others, d.objectnessElsewhere());
  }

  /** IoU in pixels, by the ends of the boxes. */
  private static double iou(RandomCase drawn, DecodedBoxes boxes, Match m) {
    int first = 0;
    for (int layer = 0; layer < m.layer(); layer++) {
      HeadTensor p = drawn.predictions().get(layer);
      first += p.anchors() * p.height() * p.width();
    }
    HeadTensor p = drawn.predictions().get(m.layer());
    int stride = drawn.spec().heads().heads().get(m.layer()).stride();
    int box = first + (m.anchor() * p.height() + m.row()) * p.width() + m.column();
    double width = p.width() * stride;
    double height = p.height() * stride;
    Targets t = drawn.targets();
    double x =
        inner(
            boxes.centreX(m.image(), box),
            boxes.width(m.image(), box),
            t.centreX(m.target()) * width,
            t.width(m.target()) * width);
    double y =
        inner(
            boxes.centreY(m.image(), box),
            boxes.height(m.image(), box),
            t.centreY(m.target()) * height,
            t.height(m.target()) * height);
    double area = t.width(m.target()) * width * t.height(m.target()) * height;
    double inner = x * y;
    double iou =
        inner / (boxes.width(m.image(), box) * boxes.height(m.image(), box) + area - inner);
    return iou > 0 ? iou : 0;
  }

  private static double inner(double a, double aSide, double b, double bSide) {
    return Math.max(
        0, Math.min(a + aSide / 2, b + bSide / 2) - Math.max(a - aSide / 2, b - bSide / 2));
  }

  private static double recall(double[] best, double threshold) {
    return Arrays.stream(best).filter(iou -> iou >= threshold).count() / (double) best.length;
  }

  private static Match withoutLosses(Match m) {
    return new Match(
        m.target(),
        m.layer(),
        m.image(),
        m.anchor(),
        m.row(),
        m.column(),
        m.replaced(),
        m.iou(),
        0,
        0,
        0);
  }

  /** How many rows a target can have, by the rule of the preset. */
  @ParameterizedTest
  @EnumSource(Preset.class)
  void everyTargetHasTheRowsItsRuleAllows(Preset preset) {
    int[] mostSeen = {0};
    SEED.draws(60)
        .forEach(
            seed -> {
              RandomCase drawn = RandomCase.draw(preset, RandomCase.Mood.AWKWARD, seed);
              Outcome outcome = Outcome.of(Backend.REFERENCE, drawn);
              int heads = drawn.predictions().size();
              int anchors = drawn.predictions().stream().mapToInt(HeadTensor::anchors).sum();
              for (int row = 0; row < drawn.targets().size(); row++) {
                int target = row;
                List<Match> mine =
                    outcome.matches().stream().filter(m -> m.target() == target).toList();
                mostSeen[0] = Math.max(mostSeen[0], mine.size());
                String name = drawn.name() + " row " + row;
                switch (preset) {
                  case YOLOV3_BEST -> assertThat(mine).as(name).hasSize(1);
                  // one best shape of the pool, in at most one head
                  case YOLOV3_BCE -> assertThat(mine).as(name).hasSizeLessThanOrEqualTo(1);
                  // one anchor a head
                  case YOLOV2, YOLOV2_OLD, YOLOV2_V1, YOLOV2_V2, YOLOV3_LOGITS, YOLOV3_RATIO -> {
                    assertThat(mine).as(name).hasSizeLessThanOrEqualTo(heads);
                    assertThat(mine).as(name).extracting(Match::layer).doesNotHaveDuplicates();
                  }
                  case DARKNET, DARKNET_AUTODIFF ->
                      assertThat(mine).as(name).hasSizeLessThanOrEqualTo(anchors);
                  // the cell and its four neighbours: on a grid line, both sides are near
                  case YOLOV5, YOLOV5_CE ->
                      assertThat(mine).as(name).hasSizeLessThanOrEqualTo(5 * anchors);
                }
              }
            });
    assertThat(mostSeen[0]).isPositive();
    if (preset == Preset.YOLOV5) {
      assertThat(mostSeen[0]).isGreaterThan(3);
    }
  }

  @Test
  void aReplacedRowPaysNothing() {
    var spec = SmallCase.spec(Preset.YOLOV2, SmallCase.ONE_HEAD);
    RandomCase input = SmallCase.of(spec, 3);
    Targets twice =
        Targets.builder().add(0, 0, 0.3, 0.4, 0.3, 0.5).add(0, 1, 0.31, 0.41, 0.3, 0.5).build();
    Outcome outcome = Outcome.of(Backend.REFERENCE, input.with(input.predictions(), twice));
    assertThat(outcome.matches()).extracting(Match::replaced).containsExactly(true, false);
    assertThat(outcome.matches().getFirst().boxLoss()).isZero();
    assertThat(outcome.matches().getFirst().classLoss()).isZero();
    assertThat(outcome.matches().getLast().boxLoss()).isPositive();
    assertThat(outcome.diagnostics().collisions()).isEqualTo(1);
  }
}
