package dev.yololoss.trainer.data;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RadialGradientPaint;
import java.awt.geom.Line2D;
import java.awt.image.BufferedImage;
import java.awt.image.WritableRaster;
import java.util.SplittableRandom;

/**
 * What is not labelled in a generated picture: colour, soft spots, thin lines and noise. It draws
 * on the same picture from first to last, with the same stream of random numbers.
 */
record Backdrop(BufferedImage picture, Graphics2D graphics, SplittableRandom random) {

  void paint() {
    colours(random.nextInt(40, 200));
    int spots = random.nextInt(4, 12);
    for (int i = 0; i < spots; i++) {
      spot();
    }
    lines(random.nextInt(2, 7));
  }

  /** A colour of its own in every corner, blended over the picture. */
  private void colours(int base) {
    var corners = new BufferedImage(2, 2, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < 4; i++) {
      corners.setRGB(i % 2, i / 2, dull(base).getRGB());
    }
    // At twice the size the centres of the four pixels lie on the corners.
    int width = picture.getWidth();
    int height = picture.getHeight();
    graphics.drawImage(corners, -width / 2, -height / 2, 2 * width, 2 * height, null);
  }

  /** Fades out towards its edge. */
  private void spot() {
    float x = (float) random.nextDouble(picture.getWidth());
    float y = (float) random.nextDouble(picture.getHeight());
    double radius =
        random.nextDouble(0.05, 0.25) * Math.min(picture.getWidth(), picture.getHeight());
    Color colour = bright(random);
    double strength = random.nextDouble(0.15, 0.5);
    graphics.setPaint(
        new RadialGradientPaint(
            x,
            y,
            (float) radius,
            new float[] {0, 0.25f, 0.5f, 1},
            new Color[] {
              faded(colour, strength),
              faded(colour, 0.88 * strength),
              faded(colour, 0.56 * strength),
              faded(colour, 0)
            }));
    graphics.fillRect(0, 0, picture.getWidth(), picture.getHeight());
  }

  void lines(int count) {
    for (int i = 0; i < count; i++) {
      var line =
          new Line2D.Double(
              random.nextDouble(picture.getWidth()),
              random.nextDouble(picture.getHeight()),
              random.nextDouble(picture.getWidth()),
              random.nextDouble(picture.getHeight()));
      graphics.setStroke(new BasicStroke((float) random.nextDouble(1, 2.5)));
      graphics.setPaint(bright(random));
      graphics.draw(line);
    }
  }

  /** Adds up to {@code amount} of 255, up or down, to every channel of every pixel. */
  void noise(double amount) {
    WritableRaster raster = picture.getRaster();
    int width = picture.getWidth();
    int height = picture.getHeight();
    int[] samples = raster.getPixels(0, 0, width, height, (int[]) null);
    for (int i = 0; i < samples.length; i++) {
      samples[i] = limited((int) Math.round(samples[i] + random.nextDouble(-amount, amount)));
    }
    raster.setPixels(0, 0, width, height, samples);
  }

  private Color dull(int base) {
    return new Color(
        limited(base + random.nextInt(-40, 41)),
        limited(base + random.nextInt(-40, 41)),
        limited(base + random.nextInt(-40, 41)));
  }

  /** One channel high, one low, one between. */
  static Color bright(SplittableRandom random) {
    int[] levels = {random.nextInt(170, 256), random.nextInt(0, 256), random.nextInt(0, 90)};
    int[] order = RandomStreams.permutation(3, random);
    return new Color(levels[order[0]], levels[order[1]], levels[order[2]]);
  }

  private static Color faded(Color colour, double strength) {
    return new Color(
        colour.getRed(), colour.getGreen(), colour.getBlue(), (int) Math.round(255 * strength));
  }

  private static int limited(int value) {
    return Math.clamp(value, 0, 255);
  }
}
