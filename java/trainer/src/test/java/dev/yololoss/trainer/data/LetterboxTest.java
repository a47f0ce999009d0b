package dev.yololoss.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class LetterboxTest {
  private static final long SEED = Long.getLong("seed", System.nanoTime());

  @Test
  void centresALandscapePhoto() {
    var letterbox = new Letterbox(640, 480, 256);

    assertThat(letterbox.scaledWidth()).isEqualTo(256);
    assertThat(letterbox.scaledHeight()).isEqualTo(192);
    assertThat(letterbox.left()).isZero();
    assertThat(letterbox.top()).isEqualTo(32);
    assertThat(letterbox.toNetworkX(320)).isEqualTo(128);
    assertThat(letterbox.toNetworkY(480)).isEqualTo(224);
    assertThat(letterbox.toNetwork(new LabelledBox(1, 0.5, 0, 0.5, 1, true)))
        .isEqualTo(new LabelledBox(1, 0.5, 0.125, 0.5, 0.75, true));
  }

  @Test
  void mapsThereAndBack() {
    System.out.println("LetterboxTest -Dseed=" + SEED);
    var random = new SplittableRandom(SEED);
    int[] sides = {1, 2, 3, 97, 255, 256, 257, 640, 5000};
    for (int width : sides) {
      for (int height : sides) {
        var letterbox = new Letterbox(width, height, random.nextInt(1, 700));
        assertThat(letterbox.scaledWidth()).isBetween(1, letterbox.size());
        assertThat(letterbox.scaledHeight()).isBetween(1, letterbox.size());
        double x = random.nextDouble(width);
        double y = random.nextDouble(height);
        assertThat(letterbox.toImageX(letterbox.toNetworkX(x))).isCloseTo(x, within(1e-9 * width));
        assertThat(letterbox.toImageY(letterbox.toNetworkY(y))).isCloseTo(y, within(1e-9 * height));
        var box = new LabelledBox(0, random.nextDouble(), random.nextDouble(), 0.3, 1.7, false);
        LabelledBox back = letterbox.toImage(letterbox.toNetwork(box));
        assertThat(back.centreX()).isCloseTo(box.centreX(), within(1e-9));
        assertThat(back.centreY()).isCloseTo(box.centreY(), within(1e-9));
        assertThat(back.width()).isCloseTo(box.width(), within(1e-9));
        assertThat(back.height()).isCloseTo(box.height(), within(1e-9));
        assertThat(letterbox.toNetwork(box).left() * letterbox.size())
            .isCloseTo(letterbox.toNetworkX(box.left() * width), within(1e-9 * 5000));
      }
    }
  }

  @Test
  void refusesEmptyImages() {
    assertThatThrownBy(() -> new Letterbox(0, 4, 32))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("0 x 4 image into a square of 32; all must be at least 1");
  }
}
