package dev.yololoss.trainer.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class NonMaxSuppressionTest {
  private static final NonMaxSuppression HALF = new NonMaxSuppression(0.1, 0.5, 100);

  /** 10 x 10 at (x, 0); two of them 4 apart share 60 of 140 square pixels, 2 apart 80 of 120. */
  private static Detection square(int category, double score, double x) {
    return new Detection(category, score, x, 0, x + 10, 10);
  }

  @Test
  void theSurestOfOverlappingBoxesStays() {
    Detection best = square(0, 0.9, 0);
    Detection overlapping = square(0, 0.8, 2); // IoU 80/120 = 0.67
    Detection beside = square(0, 0.7, 4); // IoU 60/140 = 0.43 with the best
    NonMaxSuppression.Outcome outcome = HALF.suppress(List.of(beside, overlapping, best));
    assertThat(outcome.kept()).containsExactly(best, beside);
    assertThat(outcome.overlapping()).isEqualTo(1);
  }

  @Test
  void aSuppressedBoxSuppressesNothing() {
    // The second is 2 from the first and from the third; the third is 4 from the first.
    Detection third = square(0, 0.7, 4);
    assertThat(HALF.suppress(List.of(square(0, 0.9, 0), square(0, 0.8, 2), third)).kept())
        .contains(third);
  }

  @Test
  void anOverlapEqualToTheThresholdStays() {
    Detection whole = new Detection(0, 0.9, 0, 0, 10, 10);
    Detection half = new Detection(0, 0.8, 0, 0, 5, 10); // IoU 50/100
    assertThat(HALF.suppress(List.of(whole, half)).kept()).containsExactly(whole, half);
  }

  @Test
  void classesDoNotSuppressEachOther() {
    assertThat(HALF.suppress(List.of(square(0, 0.9, 0), square(1, 0.8, 0))).kept()).hasSize(2);
  }

  @Test
  void whatIsDroppedIsCounted() {
    NonMaxSuppression two = new NonMaxSuppression(0.1, 0.5, 2);
    List<Detection> candidates =
        List.of(
            square(0, Double.NaN, 0),
            square(0, Double.POSITIVE_INFINITY, 0),
            square(0, 0.99, Double.NaN),
            square(0, 0.09, 0),
            square(0, 0.1, 300), // at the score threshold, but third
            square(0, 0.9, 0),
            square(0, 0.8, 1),
            square(0, 0.7, 100),
            square(0, 0.6, 200));
    assertThat(two.suppress(candidates))
        .isEqualTo(
            new NonMaxSuppression.Outcome(
                List.of(square(0, 0.9, 0), square(0, 0.7, 100)), 3, 1, 1, 2));
  }

  @Test
  void noCandidatesNoBoxes() {
    assertThat(HALF.suppress(List.of()))
        .isEqualTo(new NonMaxSuppression.Outcome(List.of(), 0, 0, 0, 0));
  }

  @Test
  void theOrderOfArrivalDoesNotMatter() {
    long seed = 20_241L;
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    List<Detection> candidates = new ArrayList<>();
    for (int i = 0; i < 400; i++) {
      // Few scores and places, so that ties and copies abound.
      double score = random.nextInt(1, 6) / 5.0;
      candidates.add(square(random.nextInt(3), score, random.nextInt(60)));
    }
    NonMaxSuppression.Outcome first = HALF.suppress(candidates);
    assertThat(first.kept()).hasSizeGreaterThan(5);
    assertThat(first.kept().size() + first.overlapping()).isEqualTo(400);
    for (int i = 0; i < 20; i++) {
      Collections.shuffle(candidates, random);
      assertThat(HALF.suppress(candidates)).isEqualTo(first);
    }
  }

  @Test
  void impossibleSettingsAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new NonMaxSuppression(Double.NaN, 0.5, 1))
        .withMessageContaining("score");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new NonMaxSuppression(0, Double.NaN, 1))
        .withMessageContaining("IoU");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new NonMaxSuppression(0, 1.1, 1))
        .withMessageContaining("IoU");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new NonMaxSuppression(0, 0.5, 0))
        .withMessageContaining("1 or more");
  }
}
