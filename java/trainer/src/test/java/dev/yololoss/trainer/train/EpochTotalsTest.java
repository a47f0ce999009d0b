package dev.yololoss.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.yololoss.Backend;
import dev.yololoss.ElementType;
import dev.yololoss.HeadTensor;
import dev.yololoss.LossEngine;
import dev.yololoss.LossResult;
import dev.yololoss.Targets;
import dev.yololoss.spec.Heads;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Preset;
import dev.yololoss.trainer.data.Batch;
import dev.yololoss.trainer.data.LabelledBox;
import dev.yololoss.trainer.data.LabelledImage;
import dev.yololoss.trainer.report.Matches;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** One image of 64 pixels and one anchor of 20, which outputs of 0 place in a cell's middle. */
class EpochTotalsTest {
  private static final int ATTRIBUTES = 6;
  private static final int CELLS = 16;
  private static final LabelledBox FITTING =
      new LabelledBox(0, 0.375, 0.375, 0.3125, 0.3125, false);
  private static final LabelledBox TOO_FLAT = new LabelledBox(0, 0.5, 0.5, 0.9, 0.02, false);

  private static final LabelledImage IMAGE =
      new LabelledImage("a", () -> null, 64, 64, List.of(FITTING));

  private final LossEngine engine =
      LossEngine.open(
          LossSpec.builder(Preset.YOLOV5)
              .classes(1)
              .heads(Heads.builder().head(16, 20, 20).build())
              .build(),
          Backend.REFERENCE);

  @AfterEach
  void close() {
    engine.close();
  }

  @Test
  void recallCountsTheBoxesThatHaveNoMatch() {
    EpochTotals totals = totals();
    add(totals, 0, FITTING);
    assertThat(totals.matches().recall50()).isEqualTo(1);
    add(totals, 0, TOO_FLAT, TOO_FLAT, TOO_FLAT);
    Matches matches = totals.matches();
    assertThat(matches.positives()).isPositive();
    assertThat(matches.recall50()).isEqualTo(0.25);
    assertThat(matches.recall75()).isEqualTo(0.25);
  }

  @Test
  void aBatchWithoutMatchesAloneHasARecallOfNothing() {
    EpochTotals totals = totals();
    add(totals, 0, TOO_FLAT);
    assertThat(totals.matches().positives()).isZero();
    assertThat(totals.matches().recall50()).isZero();
    assertThat(totals.matches().objectnessOnMatches()).isNaN();
  }

  /** The same slots, once for one box and once for two. */
  @Test
  void objectnessCountsASlotOnceHoweverManyBoxesHaveIt() {
    EpochTotals totals = totals();
    LossResult alone = add(totals, 1, FITTING);
    int slots = alone.diagnostics().positives();
    assertThat(alone.diagnostics().collisions()).isZero();
    LossResult shared = add(totals, -2, FITTING, FITTING);
    assertThat(shared.diagnostics().positives()).isEqualTo(2 * slots);
    assertThat(shared.diagnostics().collisions()).isEqualTo(slots);
    double mean = (1 / (1 + Math.exp(-1)) + 1 / (1 + Math.exp(2))) / 2;
    assertThat(totals.matches().objectnessOnMatches()).isCloseTo(mean, within(1e-6));
  }

  private static EpochTotals totals() {
    return new EpochTotals(new AssignmentChurn(List.of(IMAGE)));
  }

  private LossResult add(EpochTotals totals, float objectness, LabelledBox... boxes) {
    float[] head = new float[ATTRIBUTES * CELLS];
    Arrays.fill(head, 4 * CELLS, 5 * CELLS, objectness);
    Targets.Builder targets = Targets.builder();
    for (LabelledBox box : boxes) {
      targets.add(0, box.category(), box.centreX(), box.centreY(), box.width(), box.height());
    }
    HeadTensor view =
        HeadTensor.nchw(MemorySegment.ofArray(head), ElementType.F32, 1, 1, ATTRIBUTES, 4, 4);
    LossResult result = engine.compute(List.of(view), targets.build());
    totals.add(batch(boxes), result, 1, 0.5);
    return result;
  }

  /** All boxes are the first label: churn is not looked at here. */
  private static Batch batch(LabelledBox... boxes) {
    return new Batch(
        1,
        64,
        new float[0],
        List.of(List.of(boxes)),
        List.of(Collections.nCopies(boxes.length, 0)),
        List.of(IMAGE));
  }
}
