package dev.yololoss.trainer.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class MeanAveragePrecisionTest {
  private static final Offset<Double> EXACT = within(1e-12);
  private static final Detection[] NOTHING_FOUND = {};

  /** A truth 10 x 10 at (x, 0), class 0. */
  private static TruthBox truth(double x) {
    return new TruthBox(0, x, 0, x + 10, 10, false);
  }

  private static TruthBox ignored(double x) {
    return new TruthBox(0, x, 0, x + 10, 10, true);
  }

  /** Lies inside the truth at x and covers {@code tenths} of its ten columns: IoU tenths/10. */
  private static Detection found(double score, double x, double tenths) {
    return new Detection(0, score, x, 0, x + tenths, 10);
  }

  private static CategoryPrecision evaluate(List<TruthBox> truths, Detection... detections) {
    MeanAveragePrecision evaluation = new MeanAveragePrecision(1);
    evaluation.add(List.of(detections), truths);
    return evaluation.result().categories().getFirst();
  }

  @Test
  void aPerfectDetectorScoresOne() {
    CategoryPrecision result =
        evaluate(List.of(truth(0), truth(20)), found(0.9, 0, 10), found(0.8, 20, 10));
    assertThat(result).isEqualTo(new CategoryPrecision(0, 2, 0, 2, 2, 0, 1, 1, 1, 1));
  }

  @Test
  void nothingFoundScoresZero() {
    assertThat(evaluate(List.of(truth(0)), NOTHING_FOUND))
        .isEqualTo(new CategoryPrecision(0, 1, 0, 0, 0, 0, 0, 0, 0, 0));
  }

  @Test
  void hitMissHitOverThreeTruths() {
    // Surest first: hit, false alarm, hit; the third truth is never found.
    //   precision 1/1, 1/2, 2/3     recall 1/3, 1/3, 2/3     envelope 1, 2/3, 2/3
    // 101 points: r = 0 .. 0.33 (34 of them, 33/100 <= 1/3) see 1; 0.34 .. 0.66 (33) see 2/3;
    //   the other 34 see 0:            (34 + 33 * 2/3) / 101 = 56 / 101
    // 11 points: 0 .. 0.3 (4) see 1; 0.4 .. 0.6 (3) see 2/3:  (4 + 2) / 11 = 6 / 11
    // area: 1/3 * 1 + 1/3 * 2/3 = 5 / 9
    CategoryPrecision result =
        evaluate(
            List.of(truth(0), truth(20), truth(40)),
            found(0.9, 0, 10),
            found(0.8, 100, 10),
            found(0.7, 20, 10));
    assertThat(result.at50()).isEqualTo(56.0 / 101, EXACT);
    assertThat(result.voc07()).isEqualTo(6.0 / 11, EXACT);
    assertThat(result.voc10()).isEqualTo(5.0 / 9, EXACT);
    assertThat(result.hits50()).isEqualTo(2);
    assertThat(result.detections()).isEqualTo(3);
  }

  @Test
  void theStricterThresholdsAskForMoreOverlap() {
    // IoU 0.7 is reached at 0.50, 0.55, 0.60, 0.65 and 0.70 itself: 5 of 10 thresholds.
    CategoryPrecision result = evaluate(List.of(truth(0)), found(0.9, 0, 7));
    assertThat(result.at50()).isEqualTo(1, EXACT);
    assertThat(result.at50To95()).isEqualTo(0.5, EXACT);
  }

  @Test
  void everyThresholdIsReachedByTheOverlapItNames() {
    // IoU 0.50, 0.55 .. 0.95 by 50 .. 95 of 100 columns: 1 .. 10 thresholds reached, never one less
    // for a rounding.
    for (int n = 0; n < 10; n++) {
      MeanAveragePrecision evaluation = new MeanAveragePrecision(1);
      evaluation.add(
          List.of(new Detection(0, 1, 0, 0, 50 + 5 * n, 1)),
          List.of(new TruthBox(0, 0, 0, 100, 1, false)));
      assertThat(evaluation.result().map50To95()).isEqualTo((n + 1) / 10.0, EXACT);
    }
  }

  @Test
  void aSecondDetectionOfTheSameTruthIsAFalseAlarm() {
    // Hit, duplicate, hit over two truths: precision 1, 1/2, 2/3; envelope 1, 2/3, 2/3.
    // 101 points: 51 (0 .. 0.50) see 1, 50 see 2/3.
    CategoryPrecision result =
        evaluate(
            List.of(truth(0), truth(20)), found(0.9, 0, 10), found(0.8, 0, 10), found(0.7, 20, 10));
    assertThat(result.at50()).isEqualTo((51 + 50 * 2.0 / 3) / 101, EXACT);
  }

  @Test
  void theSecondBestTruthIsTakenWhenTheBestIsGone() {
    // Truths 0..10 and 2..12. Both detections lie at 0..10: IoU 1 with the first truth, 8/12 with
    // the second. Each finds one.
    CategoryPrecision result =
        evaluate(List.of(truth(0), truth(2)), found(0.9, 0, 10), found(0.8, 0, 10));
    assertThat(result.hits50()).isEqualTo(2);
    assertThat(result.at50()).isEqualTo(1, EXACT);
  }

  @Test
  void ofTwoTruthsTheBetterOverlapIsTakenWhateverTheirOrder() {
    // The first detection overlaps both truths; if it took the worse one, the second detection,
    // which overlaps only that one, would be left without.
    TruthBox near = truth(0);
    TruthBox far = truth(3);
    Detection first = found(0.9, 0, 10); // IoU 1 with near, 7/13 with far
    Detection second = new Detection(0, 0.8, 6, 0, 13, 10); // 4/13 with near, 7/10 with far
    assertThat(evaluate(List.of(near, far), first, second).hits50()).isEqualTo(2);
    assertThat(evaluate(List.of(far, near), first, second).hits50()).isEqualTo(2);
  }

  @Test
  void anIgnoredTruthExcusesAnyNumberOfDetections() {
    // At 0.95 the second detection (IoU 0.9) is no longer excused and halves the precision:
    // (9 * 1 + 0.5) / 10 = 0.95.
    CategoryPrecision result =
        evaluate(
            List.of(truth(0), ignored(20)),
            found(0.9, 20, 10),
            found(0.8, 20, 9),
            found(0.7, 0, 10));
    assertThat(result).isEqualTo(new CategoryPrecision(0, 1, 1, 3, 1, 2, 1, 0.95, 1, 1));
  }

  @Test
  void aCountedTruthIsPreferredToAnIgnoredOneOfBetterOverlap() {
    // The detection 0..10 covers the ignored truth fully and the counted one 2..12 by 8/12.
    assertThat(evaluate(List.of(ignored(0), truth(2)), found(0.9, 0, 10)).hits50()).isEqualTo(1);
  }

  @Test
  void ignoredAtALooseThresholdIsAFalseAlarmAtAStrictOne() {
    // The detection covers 7/10 of an ignored truth: excused at 0.50 .. 0.70, a false alarm above,
    // where the one hit then has precision 1/2.
    CategoryPrecision result =
        evaluate(List.of(truth(0), ignored(20)), found(0.9, 20, 7), found(0.8, 0, 10));
    assertThat(result.at50()).isEqualTo(1, EXACT);
    assertThat(result.at50To95()).isEqualTo((5 * 1 + 5 * 0.5) / 10, EXACT);
  }

  @Test
  void classesWithoutTruthsAreLeftOutOfTheMean() {
    MeanAveragePrecision evaluation = new MeanAveragePrecision(4);
    evaluation.add(
        List.of(new Detection(1, 0.9, 0, 0, 10, 10), new Detection(2, 0.9, 0, 0, 10, 10)),
        List.of(
            new TruthBox(1, 0, 0, 10, 10, false),
            new TruthBox(2, 50, 0, 60, 10, false),
            new TruthBox(3, 0, 0, 10, 10, true)));
    AveragePrecision result = evaluation.result();
    assertThat(result.categories().get(0).at50()).isNaN();
    assertThat(result.categories().get(3).at50()).isNaN();
    assertThat(result.categories().get(3).ignoredTruths()).isEqualTo(1);
    assertThat(result.map50()).isEqualTo((1.0 + 0.0) / 2);
    assertThat(result.map50To95()).isEqualTo(0.5);
    assertThat(result.mapVoc07()).isEqualTo(0.5);
    assertThat(result.mapVoc10()).isEqualTo(0.5);
  }

  @Test
  void withoutAnyTruthTheMeanIsNaN() {
    MeanAveragePrecision evaluation = new MeanAveragePrecision(2);
    assertThat(evaluation.result().map50()).isNaN();
    evaluation.add(List.of(found(0.9, 0, 10)), List.of());
    assertThat(evaluation.result().map50()).isNaN();
    assertThat(evaluation.result().images()).isEqualTo(1);
  }

  @Test
  void falseAlarmsOnImagesWithoutTruthsCount() {
    MeanAveragePrecision evaluation = new MeanAveragePrecision(1);
    evaluation.add(List.of(found(0.9, 0, 10)), List.of());
    evaluation.add(List.of(found(0.8, 0, 10)), List.of(truth(0)));
    assertThat(evaluation.result().map50()).isEqualTo(0.5, EXACT);
  }

  @Test
  void theHundredSurestOfAnImageCount() {
    List<Detection> detections = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      detections.add(found(0.9, 1000, 10));
    }
    detections.add(found(0.8, 0, 10)); // right, but the 101st
    MeanAveragePrecision evaluation = new MeanAveragePrecision(1);
    evaluation.add(detections, List.of(truth(0)));
    assertThat(evaluation.result().map50()).isZero();
    assertThat(evaluation.result().beyondLimit()).isEqualTo(1);
    evaluation.add(detections.subList(1, 101), List.of(truth(0)));
    assertThat(evaluation.result().categories().getFirst().hits50()).isEqualTo(1);
  }

  @Test
  void equalScoresStayInTheOrderTheyWereAdded() {
    // Hit then false alarm: precision 1 everywhere. The other way round: 1/2.
    List<TruthBox> truths = List.of(truth(0));
    Detection hit = found(0.5, 0, 10);
    Detection miss = found(0.5, 100, 10);
    assertThat(evaluate(truths, hit, miss).at50()).isEqualTo(1, EXACT);
    assertThat(evaluate(truths, miss, hit).at50()).isEqualTo(0.5, EXACT);
  }

  @Test
  void notANumberIsRefusedAndNothingAdded() {
    MeanAveragePrecision evaluation = new MeanAveragePrecision(1);
    Detection good = found(0.9, 0, 10);
    for (Detection bad : List.of(found(Double.NaN, 0, 10), found(0.9, Double.NaN, 10))) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> evaluation.add(List.of(good, bad), List.of(truth(0))))
          .withMessageContaining("NaN");
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> evaluation.add(List.of(new Detection(1, 1, 0, 0, 1, 1)), List.of()))
        .withMessageContaining("category 1");
    assertThat(evaluation.result().images()).isZero();
    assertThat(evaluation.result().categories().getFirst().detections()).isZero();
  }
}
