package dev.yololoss.trainer.data;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.Shape;
import java.awt.geom.AffineTransform;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A generated picture: labelled shapes on a background that is not labelled. Drawn anew on each
 * call.
 *
 * @param stream of the random numbers that make the picture
 */
record ShapeScene(int width, int height, Stream stream) implements ImageSource {
  private static final int MOST_SHAPES = 8;
  private static final double MOST_OVERLAP = 0.15;
  private static final int TRIES = 40;

  /** Of 765; a shape must stand out from what is behind its centre. */
  private static final int LEAST_CONTRAST = 150;

  /** Which of the streams of a data set. */
  record Stream(long seed, int part, int index) {
    SplittableRandom open() {
      return RandomStreams.of(seed, part, index);
    }
  }

  /** A picture and the shapes in it, the topmost last. */
  record Drawn(RgbImage image, List<PlacedShape> shapes) {}

  @Override
  public RgbImage decode() {
    return draw().image();
  }

  List<LabelledBox> boxes() {
    return draw().shapes().stream().map(shape -> shape.box(width, height)).toList();
  }

  Drawn draw() {
    SplittableRandom random = stream.open();
    var picture = new BufferedImage(width, height, BufferedImage.TYPE_3BYTE_BGR);
    Graphics2D graphics = Drawing.on(picture);
    var backdrop = new Backdrop(picture, graphics, random);
    backdrop.paint();
    List<PlacedShape> shapes = shapes(picture, random);
    shapes.forEach(shape -> shape.draw(graphics));
    backdrop.lines(random.nextInt(3));
    graphics.dispose();
    backdrop.noise(random.nextDouble(2, 16));
    return new Drawn(RgbImage.of(picture.getRaster()), shapes);
  }

  private List<PlacedShape> shapes(BufferedImage picture, SplittableRandom random) {
    int wanted = random.nextInt(1, MOST_SHAPES + 1);
    List<PlacedShape> shapes = new ArrayList<>();
    for (int tries = 0; shapes.size() < wanted && (shapes.isEmpty() || tries < TRIES); tries++) {
      PlacedShape shape = shape(random);
      boolean free = shapes.stream().allMatch(other -> other.overlap(shape) <= MOST_OVERLAP);
      if (free && contrast(shape, picture) >= LEAST_CONTRAST) {
        shapes.add(shape);
      }
    }
    return shapes;
  }

  /** Any shape, wholly inside the picture. */
  private PlacedShape shape(SplittableRandom random) {
    double half = random.nextDouble(0.07, 0.2) * Math.min(width, height);
    double stretch = random.nextDouble(0.85, 1.18);
    ShapeKind kind = ShapeKind.values()[random.nextInt(ShapeKind.values().length)];
    var turned = AffineTransform.getRotateInstance(random.nextDouble(2 * Math.PI));
    turned.scale(half * stretch, half / stretch);
    Color colour = Backdrop.bright(random);
    Shape centred = turned.createTransformedShape(kind.outline());
    Rectangle2D bounds = centred.getBounds2D();
    var moved =
        AffineTransform.getTranslateInstance(
            random.nextDouble(-bounds.getMinX(), width - bounds.getMaxX()),
            random.nextDouble(-bounds.getMinY(), height - bounds.getMaxY()));
    return new PlacedShape(kind, moved.createTransformedShape(centred), colour);
  }

  /** How far the shape's colour is from what is behind its centre, summed over the channels. */
  private static int contrast(PlacedShape shape, BufferedImage picture) {
    Rectangle2D bounds = shape.bounds();
    var behind = new Color(picture.getRGB((int) bounds.getCenterX(), (int) bounds.getCenterY()));
    return Math.abs(behind.getRed() - shape.colour().getRed())
        + Math.abs(behind.getGreen() - shape.colour().getGreen())
        + Math.abs(behind.getBlue() - shape.colour().getBlue());
  }
}
