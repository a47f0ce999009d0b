package dev.yololoss.trainer.data;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A generated picture: labelled shapes on a background of colour, soft spots, thin lines and noise,
 * none of which is labelled. Drawn anew on each call.
 *
 * @param stream of the random numbers that make the picture
 */
record ShapeScene(int width, int height, Stream stream) implements ImageSource {
  private static final int MOST_SHAPES = 8;
  private static final double MOST_OVERLAP = 0.15;
  private static final int TRIES = 40;

  /** Of 765; a shape must stand out from what is behind its centre. */
  private static final double LEAST_CONTRAST = 150;

  /** Which of the streams of a data set. */
  record Stream(long seed, int part, int index) {
    SplittableRandom open() {
      return RandomStreams.of(seed, part, index);
    }
  }

  /** A picture and the shapes in it, the topmost last. */
  record Drawing(RgbImage image, List<PlacedShape> shapes) {}

  @Override
  public RgbImage decode() {
    return draw().image();
  }

  List<LabelledBox> boxes() {
    return draw().shapes().stream().map(shape -> shape.box(width, height)).toList();
  }

  Drawing draw() {
    SplittableRandom random = stream.open();
    var canvas = new Canvas(width, height);
    background(canvas, random);
    List<PlacedShape> shapes = shapes(canvas, random);
    shapes.forEach(shape -> shape.draw(canvas));
    lines(canvas, random.nextInt(3), random);
    canvas.noise(random.nextDouble(2, 16), random);
    return new Drawing(canvas.toImage(), shapes);
  }

  private void background(Canvas canvas, SplittableRandom random) {
    int base = random.nextInt(40, 200);
    canvas.gradient(dull(base, random), dull(base, random), dull(base, random), dull(base, random));
    int blobs = random.nextInt(4, 12);
    for (int i = 0; i < blobs; i++) {
      canvas.blob(
          random.nextDouble(width),
          random.nextDouble(height),
          random.nextDouble(0.05, 0.25) * shortSide(),
          bright(random),
          random.nextDouble(0.15, 0.5));
    }
    lines(canvas, random.nextInt(2, 7), random);
  }

  private void lines(Canvas canvas, int count, SplittableRandom random) {
    for (int i = 0; i < count; i++) {
      canvas.line(
          random.nextDouble(width),
          random.nextDouble(height),
          random.nextDouble(width),
          random.nextDouble(height),
          random.nextDouble(1, 2.5),
          bright(random));
    }
  }

  private List<PlacedShape> shapes(Canvas canvas, SplittableRandom random) {
    int wanted = random.nextInt(1, MOST_SHAPES + 1);
    List<PlacedShape> shapes = new ArrayList<>();
    for (int tries = 0; shapes.size() < wanted && (shapes.isEmpty() || tries < TRIES); tries++) {
      PlacedShape shape = shape(random);
      boolean free = shapes.stream().allMatch(other -> other.overlap(shape) <= MOST_OVERLAP);
      int x = (int) shape.centreX();
      int y = (int) shape.centreY();
      if (free && canvas.distance(x, y, shape.rgb()) >= LEAST_CONTRAST) {
        shapes.add(shape);
      }
    }
    return shapes;
  }

  /** Any shape, wholly inside the picture. */
  private PlacedShape shape(SplittableRandom random) {
    double half = random.nextDouble(0.07, 0.2) * shortSide();
    double stretch = random.nextDouble(0.85, 1.18);
    var centred =
        new PlacedShape(
            ShapeKind.values()[random.nextInt(ShapeKind.values().length)],
            0,
            0,
            half * stretch,
            half / stretch,
            random.nextDouble(2 * Math.PI),
            bright(random));
    return centred.movedTo(
        random.nextDouble(-centred.left(), width - centred.right()),
        random.nextDouble(-centred.top(), height - centred.bottom()));
  }

  private int shortSide() {
    return Math.min(width, height);
  }

  private static int dull(int base, SplittableRandom random) {
    int red = base + random.nextInt(-40, 41);
    int green = base + random.nextInt(-40, 41);
    int blue = base + random.nextInt(-40, 41);
    return rgb(red, green, blue);
  }

  /** One channel high, one low, one between. */
  private static int bright(SplittableRandom random) {
    int[] levels = {
      random.nextInt(170, 256), random.nextInt(0, 256), random.nextInt(0, 90),
    };
    int[] order = RandomStreams.permutation(3, random);
    return rgb(levels[order[0]], levels[order[1]], levels[order[2]]);
  }

  private static int rgb(int red, int green, int blue) {
    return limited(red) << 16 | limited(green) << 8 | limited(blue);
  }

  private static int limited(int value) {
    return Math.min(255, Math.max(0, value));
  }
}
