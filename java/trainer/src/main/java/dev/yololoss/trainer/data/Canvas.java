package dev.yololoss.trainer.data;

import java.util.SplittableRandom;

/** A picture being drawn. Plain arithmetic, so that it comes out the same on every machine. */
final class Canvas {
  private final int width;
  private final int height;

  /** [height, width, 3], 0 to 255. */
  private final float[] pixels;

  Canvas(int width, int height) {
    this.width = width;
    this.height = height;
    this.pixels = new float[3 * width * height];
  }

  /** A point in pixels: inside or not. */
  interface Region {
    boolean contains(double x, double y);
  }

  /** A colour that changes from corner to corner. */
  void gradient(int topLeft, int topRight, int bottomLeft, int bottomRight) {
    for (int y = 0; y < height; y++) {
      float down = (y + 0.5f) / height;
      for (int x = 0; x < width; x++) {
        float across = (x + 0.5f) / width;
        for (int c = 0; c < 3; c++) {
          float top = channel(topLeft, c) * (1 - across) + channel(topRight, c) * across;
          float bottom = channel(bottomLeft, c) * (1 - across) + channel(bottomRight, c) * across;
          pixels[3 * (y * width + x) + c] = top * (1 - down) + bottom * down;
        }
      }
    }
  }

  /** Fills a region within the given edges; each pixel by the quarters of it that lie inside. */
  void fill(double left, double top, double right, double bottom, int rgb, Region region) {
    int lastY = Math.min(height - 1, (int) Math.floor(bottom));
    int lastX = Math.min(width - 1, (int) Math.floor(right));
    for (int y = Math.max(0, (int) Math.floor(top)); y <= lastY; y++) {
      for (int x = Math.max(0, (int) Math.floor(left)); x <= lastX; x++) {
        int inside = 0;
        for (int quarter = 0; quarter < 4; quarter++) {
          double dx = quarter % 2 == 0 ? 0.25 : 0.75;
          double dy = quarter < 2 ? 0.25 : 0.75;
          inside += region.contains(x + dx, y + dy) ? 1 : 0;
        }
        blend(x, y, rgb, inside / 4f);
      }
    }
  }

  /** A spot that fades out towards its edge. */
  void blob(double centreX, double centreY, double radius, int rgb, double strength) {
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        double dx = (x + 0.5 - centreX) / radius;
        double dy = (y + 0.5 - centreY) / radius;
        double away = dx * dx + dy * dy;
        if (away < 1) {
          blend(x, y, rgb, (float) (strength * (1 - away) * (1 - away)));
        }
      }
    }
  }

  void line(double fromX, double fromY, double toX, double toY, double thickness, int rgb) {
    double dx = toX - fromX;
    double dy = toY - fromY;
    double length = Math.max(1, Math.sqrt(dx * dx + dy * dy));
    fill(
        Math.min(fromX, toX) - thickness,
        Math.min(fromY, toY) - thickness,
        Math.max(fromX, toX) + thickness,
        Math.max(fromY, toY) + thickness,
        rgb,
        (x, y) -> {
          double along = ((x - fromX) * dx + (y - fromY) * dy) / length;
          double aside = ((y - fromY) * dx - (x - fromX) * dy) / length;
          return along >= 0 && along <= length && Math.abs(aside) <= thickness / 2;
        });
  }

  /** Adds up to {@code amount} of 255, up or down, to every channel of every pixel. */
  void noise(double amount, SplittableRandom random) {
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] += (float) (amount * (2 * random.nextDouble() - 1));
    }
  }

  /** How far a colour is from a pixel: the sum over the channels, 0 to 765. */
  double distance(int x, int y, int rgb) {
    double sum = 0;
    for (int c = 0; c < 3; c++) {
      sum += Math.abs(pixels[3 * (y * width + x) + c] - channel(rgb, c));
    }
    return sum;
  }

  RgbImage toImage() {
    RgbImage image = RgbImage.black(width, height);
    for (int i = 0; i < pixels.length; i++) {
      image.pixels()[i] = (byte) Math.round(Math.min(255, Math.max(0, pixels[i])));
    }
    return image;
  }

  private void blend(int x, int y, int rgb, float share) {
    for (int c = 0; c < 3; c++) {
      int at = 3 * (y * width + x) + c;
      pixels[at] += share * (channel(rgb, c) - pixels[at]);
    }
  }

  private static int channel(int rgb, int index) {
    return rgb >> (16 - 8 * index) & 0xff;
  }
}
