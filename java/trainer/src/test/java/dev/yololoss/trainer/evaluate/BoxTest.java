package dev.yololoss.trainer.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class BoxTest {
  private static TruthBox truth(double left, double top, double right, double bottom) {
    return new TruthBox(0, left, top, right, bottom, false);
  }

  private static Detection found(double left, double top, double right, double bottom) {
    return new Detection(0, 1, left, top, right, bottom);
  }

  @Test
  void overlapByHand() {
    // Shared 2 x 3 = 6, areas 16 and 15: 6 / 25.
    assertThat(found(0, 0, 4, 4).iou(truth(2, 1, 7, 4))).isEqualTo(6.0 / 25.0);
  }

  @Test
  void boxesApartOrTouchingDoNotOverlap() {
    assertThat(found(0, 0, 4, 4).iou(truth(4, 0, 8, 4))).isZero();
    // Both gaps negative: their product would be a positive area.
    assertThat(found(0, 0, 4, 4).iou(truth(9, 9, 12, 12))).isZero();
  }

  @Test
  void degenerateBoxesOverlapNothing() {
    assertThat(found(2, 2, 2, 2).iou(truth(2, 2, 2, 2))).isZero();
    assertThat(found(4, 4, 0, 0).iou(truth(0, 0, 4, 4))).isZero();
    assertThat(found(Double.NaN, 0, 4, 4).iou(truth(0, 0, 4, 4))).isZero();
  }

  @Test
  void impossibleBoxesAreRefused() {
    assertThatIllegalArgumentException().isThrownBy(() -> truth(Double.NaN, 0, 1, 1));
    assertThatIllegalArgumentException().isThrownBy(() -> truth(0, 0, 1, Double.NEGATIVE_INFINITY));
    assertThatIllegalArgumentException().isThrownBy(() -> truth(1, 0, 0, 1));
    assertThatIllegalArgumentException().isThrownBy(() -> new TruthBox(-1, 0, 0, 1, 1, false));
    assertThatIllegalArgumentException().isThrownBy(() -> new Detection(-1, 1, 0, 0, 1, 1));
  }
}
