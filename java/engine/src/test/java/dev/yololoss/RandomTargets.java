package dev.yololoss;

import java.util.Random;

/** Targets of a batch, images side by side. */
final class RandomTargets {
  private final RandomCase.Mood mood;
  private final Random random;
  private final int finestWidth;
  private final int finestHeight;
  private final Targets.Builder builder = Targets.builder();

  private RandomTargets(RandomCase.Mood mood, Random random, int finestWidth, int finestHeight) {
    this.mood = mood;
    this.random = random;
    this.finestWidth = finestWidth;
    this.finestHeight = finestHeight;
  }

  static Targets of(
      RandomCase.Mood mood,
      Random random,
      int images,
      int classes,
      int finestWidth,
      int finestHeight) {
    RandomTargets targets = new RandomTargets(mood, random, finestWidth, finestHeight);
    boolean none = mood == RandomCase.Mood.AWKWARD && random.nextInt(8) == 0;
    for (int image = 0; image < images && !none; image++) {
      targets.image(image, classes);
    }
    return targets.builder.build();
  }

  private void image(int image, int classes) {
    if (mood == RandomCase.Mood.CALM) {
      for (int n = 1 + random.nextInt(2); n > 0; n--) {
        add(image, classes, calm(finestWidth), calm(finestHeight));
      }
      return;
    }
    switch (random.nextInt(4)) {
      case 0 -> {} // an empty image
      case 1 -> crowd(image, classes);
      default -> {
        for (int n = 1 + random.nextInt(4); n > 0; n--) {
          add(image, classes, awkward(finestWidth), awkward(finestHeight));
        }
      }
    }
  }

  /** Several targets that compete for the same slots. */
  private void crowd(int image, int classes) {
    double x = awkward(finestWidth);
    double y = awkward(finestHeight);
    double w = side();
    double h = side();
    for (int n = 3 + random.nextInt(4); n > 0; n--) {
      builder.add(image, random.nextInt(classes), x, y, w, h);
      if (random.nextBoolean()) {
        w *= 1.0625;
        h *= 0.9375;
      }
    }
  }

  private void add(int image, int classes, double x, double y) {
    builder.add(image, random.nextInt(classes), x, y, side(), side());
  }

  /** Off the lines of every grid and off the middles of its cells, where rules change. */
  private double calm(int cells) {
    while (true) {
      double centre = 0.02 + 0.96 * random.nextDouble();
      double halves = 2 * cells * centre;
      if (Math.abs(halves - Math.rint(halves)) > 0.02) {
        return centre;
      }
    }
  }

  private double awkward(int cells) {
    return switch (random.nextInt(6)) {
      case 0 -> 0;
      case 1 -> 1;
      case 2 -> random.nextInt(cells + 1) / (double) cells;
      case 3 -> (random.nextInt(cells) + 0.5) / cells;
      default -> random.nextDouble();
    };
  }

  private double side() {
    double side = 0.03 + 0.6 * random.nextDouble();
    return mood == RandomCase.Mood.AWKWARD && random.nextInt(8) == 0 ? side * 2.5 : side;
  }
}
