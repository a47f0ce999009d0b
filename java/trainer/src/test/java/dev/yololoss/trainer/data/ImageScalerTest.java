package dev.yololoss.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.awt.Rectangle;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ImageScalerTest {
  private static final long SEED = Long.getLong("seed", System.nanoTime());
  private static final float GREY = ImageScaler.PADDING / 255f;
  private final ImageScaler scaler = new ImageScaler();

  private static RgbImage noise(int width, int height) {
    byte[] pixels = new byte[3 * width * height];
    new SplittableRandom(11).nextBytes(pixels);
    return new RgbImage(width, height, pixels);
  }

  private static RgbImage plain(int width, int height, int red, int green, int blue) {
    byte[] pixels = new byte[3 * width * height];
    for (int i = 0; i < pixels.length; i += 3) {
      pixels[i] = (byte) red;
      pixels[i + 1] = (byte) green;
      pixels[i + 2] = (byte) blue;
    }
    return new RgbImage(width, height, pixels);
  }

  @Test
  void writesPixelsOfTheRightSizeUnchanged() {
    RgbImage image = noise(5, 5);
    float[] pixels = new float[75];

    scaler.letterbox(image, 5, pixels, 0);

    for (int i = 0; i < 25; i++) {
      for (int channel = 0; channel < 3; channel++) {
        assertThat(pixels[channel * 25 + i])
            .isEqualTo((image.pixels()[3 * i + channel] & 0xff) / 255f);
      }
    }
  }

  @Test
  void writesItsSliceOnlyAndPadsWithGrey() {
    float[] pixels = new float[5 + 3 * 64 + 5];
    Arrays.fill(pixels, -7);

    Letterbox letterbox = scaler.letterbox(plain(40, 20, 255, 0, 51), 8, pixels, 5);

    assertThat(letterbox.top()).isEqualTo(2);
    float[] channels = {1, 0, 0.2f};
    for (int channel = 0; channel < 3; channel++) {
      for (int i = 0; i < 64; i++) {
        float expected = i / 8 < 2 || i / 8 >= 6 ? GREY : channels[channel];
        assertThat(pixels[5 + channel * 64 + i]).isCloseTo(expected, within(1e-6f));
      }
    }
    for (int i = 0; i < 5; i++) {
      assertThat(pixels[i]).isEqualTo(-7);
      assertThat(pixels[pixels.length - 1 - i]).isEqualTo(-7);
    }
  }

  @Test
  void averagesWhenItShrinks() {
    RgbImage stripes = plain(64, 64, 0, 0, 0);
    for (int i = 0; i < 64 * 64; i += 2) {
      Arrays.fill(stripes.pixels(), 3 * i, 3 * i + 3, (byte) 200);
    }

    BufferedImage small = scaler.resize(stripes, 8, 8);

    for (byte value : RgbImage.of(small.getRaster()).pixels()) {
      assertThat(value & 0xff).isBetween(95, 105);
    }
  }

  @Test
  void copesWithAwkwardSizes() {
    int[] sides = {1, 2, 3, 31, 33, 200};
    for (int width : sides) {
      for (int height : sides) {
        for (int size : new int[] {1, 2, 32, 37}) {
          float[] pixels = new float[3 * size * size];
          Letterbox letterbox = scaler.letterbox(plain(width, height, 10, 20, 30), size, pixels, 0);
          for (int i = 0; i < size * size; i++) {
            if (Math.abs(pixels[i] - GREY) > 1e-6) {
              assertThat(pixels[i]).isCloseTo(10 / 255f, within(1e-6f));
              assertThat(pixels[2 * size * size + i]).isCloseTo(30 / 255f, within(1e-6f));
            }
          }
          int corner = letterbox.top() * size + letterbox.left();
          assertThat(pixels[corner]).isCloseTo(10 / 255f, within(1e-6f));
        }
      }
    }
  }

  @Test
  void coversItsPlaceWithoutSeams() {
    System.out.println("ImageScalerTest -Dseed=" + SEED);
    var random = new SplittableRandom(SEED);
    var augmentation = new Augmentation(0.5, 0, 0, 0, 0.6, 0.3);
    BufferedImage image = plain(40, 30, 10, 20, 30).toBufferedImage();
    for (int round = 0; round < 200; round++) {
      Placement place = augmentation.place(new Letterbox(40, 30, 40).placement(), random);
      float[] pixels = new float[3 * 1600];
      scaler.paint(image, place, ColourChange.NONE, pixels, 0);
      Rectangle2D covered =
          place.ofPicture(40, 30).createTransformedShape(new Rectangle(40, 30)).getBounds2D();
      for (int i = 0; i < 1600; i++) {
        boolean inside = covered.contains(i % 40 + 0.5, i / 40 + 0.5);
        assertThat(pixels[i]).isEqualTo(inside ? 10 / 255f : GREY);
        assertThat(pixels[3200 + i]).isEqualTo(inside ? 30 / 255f : GREY);
      }
    }
  }

  @Test
  void mirrorsLeftAndRight() {
    RgbImage image = noise(6, 4);
    Placement place = new Letterbox(6, 4, 6).placement();
    float[] plain = new float[108];
    float[] mirrored = new float[108];

    scaler.paint(image.toBufferedImage(), place, ColourChange.NONE, plain, 0);
    scaler.paint(image.toBufferedImage(), place.mirrored(), ColourChange.NONE, mirrored, 0);

    for (int row = 0; row < 18; row++) {
      for (int x = 0; x < 6; x++) {
        assertThat(mirrored[row * 6 + x]).isEqualTo(plain[row * 6 + 5 - x]);
      }
    }
  }

  @Test
  void changesColoursWithinRangeAndLeavesThePaddingGrey() {
    float[] pixels = new float[3 * 64];
    Placement place = new Letterbox(8, 4, 8).placement();
    BufferedImage image = plain(8, 4, 255, 102, 0).toBufferedImage();

    scaler.paint(image, place, new ColourChange(1, 1, 0), pixels, 0);
    float luminance = 0.299f + 0.587f * 0.4f;
    assertThat(pixels[32]).isCloseTo(luminance, within(1e-5f));
    assertThat(pixels[64 + 32]).isCloseTo(luminance, within(1e-5f));
    assertThat(pixels[0]).isEqualTo(GREY);

    scaler.paint(image, place, new ColourChange(0.5f, 1, 1), pixels, 0);
    assertThat(pixels[64 + 32]).isCloseTo(0.2f, within(1e-5f));

    scaler.paint(image, place, new ColourChange(1, 2, 1), pixels, 0);
    assertThat(pixels[32]).isEqualTo(1);
    assertThat(pixels[64 + 32]).isCloseTo(0.3f, within(1e-5f));
    assertThat(pixels[128 + 32]).isZero();
  }
}
