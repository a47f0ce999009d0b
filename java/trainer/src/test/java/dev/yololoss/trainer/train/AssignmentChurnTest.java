package dev.yololoss.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.yololoss.Match;
import dev.yololoss.trainer.data.Batch;
import dev.yololoss.trainer.data.LabelledBox;
import dev.yololoss.trainer.data.LabelledImage;
import java.util.List;
import org.junit.jupiter.api.Test;

class AssignmentChurnTest {
  private static final LabelledBox BOX = new LabelledBox(0, 0.5, 0.5, 0.1, 0.1, false);
  private static final List<LabelledImage> IMAGES =
      List.of(
          new LabelledImage("a", () -> null, 10, 10, List.of(BOX, BOX, BOX)),
          new LabelledImage("b", () -> null, 10, 10, List.of(BOX)));

  private final AssignmentChurn churn = new AssignmentChurn(IMAGES);

  private static Batch batch(List<Integer> ofA, List<Integer> ofB) {
    return new Batch(
        2,
        8,
        new float[0],
        List.of(ofA.stream().map(_ -> BOX).toList(), ofB.stream().map(_ -> BOX).toList()),
        List.of(ofA, ofB),
        IMAGES);
  }

  private static Match match(int target, int layer, int anchor, int cell) {
    return new Match(target, layer, 0, anchor, cell, cell, false, 0.5, 0, 0, 0);
  }

  @Test
  void countsTheBoxesWhoseLayersOrAnchorsChanged() {
    churn.add(
        batch(List.of(0, 1, 2), List.of(0)),
        List.of(match(0, 0, 1, 4), match(1, 0, 1, 4), match(1, 1, 0, 2), match(3, 0, 0, 1)));
    assertThat(churn.value()).isNaN();
    churn.endEpoch();
    // Box a1 is out of the picture; a2 was and is without a match; b0 has another layer.
    churn.add(
        batch(List.of(2, 0), List.of(0)),
        List.of(match(2, 1, 0, 1), match(1, 0, 1, 5), match(1, 0, 1, 6)));
    assertThat(churn.value()).isEqualTo(1 / 3.0);
    churn.endEpoch();
    // a0 has one anchor more, b0 none.
    churn.add(batch(List.of(0), List.of(0)), List.of(match(0, 0, 1, 5), match(0, 0, 2, 5)));
    assertThat(churn.value()).isEqualTo(1);
  }

  @Test
  void anEpochInTwoBatchesCountsAsOne() {
    churn.add(batch(List.of(0), List.of()), List.of(match(0, 0, 1, 4)));
    churn.add(batch(List.of(), List.of(0)), List.of(match(0, 0, 1, 4)));
    churn.endEpoch();
    churn.add(batch(List.of(), List.of(0)), List.of(match(0, 0, 1, 4)));
    churn.add(batch(List.of(0), List.of()), List.of(match(0, 0, 0, 4)));
    assertThat(churn.value()).isEqualTo(0.5);
  }

  @Test
  void isStoredAndRestored() {
    churn.add(batch(List.of(0, 1), List.of(0)), List.of(match(0, 1, 2, 4), match(2, 0, 0, 1)));
    churn.endEpoch();
    AssignmentChurn other = new AssignmentChurn(IMAGES);
    other.restore(churn.stored());
    assertThat(other.stored()).isEqualTo(churn.stored()).hasSize(3);
    other.add(batch(List.of(0, 1), List.of(0)), List.of(match(0, 1, 2, 4), match(2, 1, 0, 1)));
    assertThat(other.value()).isEqualTo(1 / 3.0);
  }
}
