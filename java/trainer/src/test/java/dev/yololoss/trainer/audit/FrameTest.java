package dev.yololoss.trainer.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.yololoss.trainer.data.LabelledBox;
import dev.yololoss.trainer.data.LabelledImage;
import dev.yololoss.trainer.data.RgbImage;
import dev.yololoss.trainer.evaluate.Detection;
import dev.yololoss.trainer.evaluate.TruthBox;
import java.util.List;
import org.junit.jupiter.api.Test;

class FrameTest {
  private static final LabelledImage WIDE =
      new LabelledImage("wide", () -> new RgbImage(1, 1, new byte[3]), 200, 100, List.of());
  private static final LabelledBox BOX = new LabelledBox(1, 0.25, 0.5, 0.1, 0.4, false);

  @Test
  void aLetterboxPutsAWideImageInTheMiddle() {
    Frame frame = new Frame(WIDE, 64, 64, Fit.LETTERBOX);
    LabelledBox box = frame.toNetwork(BOX);
    assertThat(box.centreX()).isCloseTo(0.25, within(1e-12));
    assertThat(box.centreY()).isCloseTo(0.5, within(1e-12));
    assertThat(box.height()).isCloseTo(0.2, within(1e-12));
    // 64 pixels show 200, from row 16 on
    Detection back = frame.toImage(1, 0.9, 16, 16, 32, 48);
    assertThat(back).isEqualTo(new Detection(1, 0.9, 50, 0, 100, 100));
  }

  /** Cut, an infinite edge would look like the image's border. */
  @Test
  void whatIsNotFiniteStaysSo() {
    for (Fit fit : Fit.values()) {
      Frame frame = new Frame(WIDE, 64, 64, fit);
      for (double bad : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
        assertThat(frame.toImage(0, 0.5, 16, 16, bad, 48).isFinite()).isFalse();
        assertThat(frame.toImage(0, 0.5, -bad, 16, 32, 48).isFinite()).isFalse();
      }
      assertThat(frame.toImage(0, 0.5, -1e300, 16, 1e300, 48))
          .extracting(Detection::left, Detection::right)
          .containsExactly(0.0, 200.0);
    }
  }

  @Test
  void stretchingKeepsFractions() {
    Frame frame = new Frame(WIDE, 64, 32, Fit.STRETCH);
    assertThat(frame.toNetwork(BOX)).isEqualTo(BOX);
    assertThat(frame.toImage(0, 0.5, 16, 8, 32, 64))
        .isEqualTo(new Detection(0, 0.5, 50, 25, 100, 100));
  }

  @Test
  void anIgnoredLabelExplainsAnyClassAndAnotherClassDoesNot() {
    Detection found = new Detection(0, 0.9, 10, 10, 30, 30);
    TruthBox ignored = new TruthBox(1, 10, 10, 30, 30, true);
    TruthBox other = new TruthBox(1, 10, 10, 30, 30, false);
    TruthBox apart = new TruthBox(0, 25, 10, 45, 30, false);
    assertThat(missing(found, ignored, other)).isEmpty();
    assertThat(missing(found, other))
        .extracting(MissingLabel::kind)
        .containsExactly(MissingLabel.Kind.OTHER_CLASS);
    assertThat(missing(found, apart))
        .extracting(MissingLabel::kind)
        .containsExactly(MissingLabel.Kind.NO_LABEL);
    assertThat(missing(found, apart).getFirst().iou()).isCloseTo(100 / 700.0, within(1e-12));
    assertThat(missing(found, new TruthBox(0, 12, 12, 30, 30, false))).isEmpty();
  }

  private static List<MissingLabel> missing(Detection found, TruthBox... labels) {
    return MissingLabel.in(WIDE, List.of(found), List.of(labels), 0.5);
  }
}
