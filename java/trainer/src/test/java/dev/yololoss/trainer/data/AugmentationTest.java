package dev.yololoss.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AugmentationTest {
  private static final long SEED = Long.getLong("seed", System.nanoTime());

  @Test
  void flipsBoxes() {
    var flip = new Augmentation(1, 0, 0, 0, 0, 0);
    Placement place = flip.place(new Letterbox(64, 32, 64).placement(), new SplittableRandom(1));

    List<LabelledBox> boxes =
        flip.box(new LabelledBox(3, 0.25, 0.25, 0.1, 0.2, true), place).stream().toList();

    assertThat(boxes).containsExactly(new LabelledBox(3, 0.75, 0.375, 0.1, 0.1, true));
  }

  @Test
  void movesBoxesAlongWithPixels() {
    System.out.println("AugmentationTest -Dseed=" + SEED);
    var random = new SplittableRandom(SEED);
    var augmentation = new Augmentation(0.5, 0, 0, 0, 0.4, 0.2);
    var scaler = new ImageScaler();
    int seen = 0;
    for (int round = 0; round < 200; round++) {
      RgbImage image = whiteRectangle();
      var box = LabelledBox.ofEdges(0, 20 / 80.0, 10 / 60.0, 50 / 80.0, 40 / 60.0, false);
      Placement place = augmentation.place(new Letterbox(80, 60, 80).placement(), random);
      float[] pixels = new float[3 * 6400];
      scaler.paint(image.toBufferedImage(), place, ColourChange.NONE, pixels, 0);
      for (LabelledBox moved : augmentation.box(box, place).stream().toList()) {
        assertEdges(pixels, moved);
        seen++;
      }
    }
    assertThat(seen).isGreaterThan(150);
  }

  private static RgbImage whiteRectangle() {
    RgbImage image = Fixture.black(80, 60);
    for (int y = 10; y < 40; y++) {
      for (int x = 20; x < 50; x++) {
        image.pixels()[3 * (y * 80 + x)] = (byte) 255;
      }
    }
    return image;
  }

  private static void assertEdges(float[] red, LabelledBox box) {
    int left = 80;
    int right = 0;
    int top = 80;
    int bottom = 0;
    for (int i = 0; i < 6400; i++) {
      if (red[i] > 0.6) {
        left = Math.min(left, i % 80);
        right = Math.max(right, i % 80 + 1);
        top = Math.min(top, i / 80);
        bottom = Math.max(bottom, i / 80 + 1);
      }
    }
    assertThat(box.left() * 80).isCloseTo(left, within(1.5));
    assertThat(box.right() * 80).isCloseTo(right, within(1.5));
    assertThat(box.top() * 80).isCloseTo(top, within(1.5));
    assertThat(box.bottom() * 80).isCloseTo(bottom, within(1.5));
  }

  @Test
  void cutsAMovedBoxAndDropsWhatIsHardlyVisible() {
    var moving = new Augmentation(0, 0, 0, 0, 0, 0.5);
    var place = Placement.of(100, -50, 0, 100, 100);

    List<LabelledBox> boxes =
        Stream.of(
                LabelledBox.ofEdges(0, 0.25, 0.25, 0.75, 0.75, false),
                LabelledBox.ofEdges(1, 0.25, 0.25, 0.5625, 0.75, false))
            .flatMap(box -> moving.box(box, place).stream())
            .toList();

    assertThat(boxes).containsExactly(LabelledBox.ofEdges(0, 0, 0.25, 0.25, 0.75, false));
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.1, 1, Double.NaN})
  void refusesAmountsOutOfRange(double amount) {
    assertThatThrownBy(() -> new Augmentation(0, 0, 0, 0, amount, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("scale " + amount + "; must be 0 to below 1");
  }
}
