package dev.yololoss.trainer.data;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * A data set that needs no files: coloured discs, squares, triangles and crosses of many sizes,
 * turned any way, on cluttered backgrounds. Equal values give equal images and labels on the same
 * Java; another one may round its curves and blends a little differently.
 *
 * @param trainingImages at least 1
 * @param validationImages at least 0
 * @param width of an image in pixels, at least {@value #LEAST_SIDE}
 * @param height of an image in pixels, at least {@value #LEAST_SIDE}
 */
public record GeneratedShapes(
    int trainingImages, int validationImages, int width, int height, long seed) {
  private static final int LEAST_SIDE = 32;

  /**
   * @throws IllegalArgumentException if a value is out of its range
   */
  public GeneratedShapes {
    if (trainingImages < 1 || validationImages < 0) {
      throw new IllegalArgumentException(
          "%d training and %d validation images; must be at least 1 and 0"
              .formatted(trainingImages, validationImages));
    }
    if (width < LEAST_SIDE || height < LEAST_SIDE) {
      throw new IllegalArgumentException(
          "%d x %d image; sides must be at least %d".formatted(width, height, LEAST_SIDE));
    }
  }

  /** 600 images to train on and 120 to validate, 224 x 192 pixels each. */
  public static GeneratedShapes standard(long seed) {
    return new GeneratedShapes(600, 120, 224, 192, seed);
  }

  /** The labels; images are drawn when they are decoded. */
  public DetectionDataSet dataSet() {
    List<String> classes =
        Arrays.stream(ShapeKind.values())
            .map(kind -> kind.name().toLowerCase(Locale.ROOT))
            .toList();
    var split =
        new Split<>(
            images("training", 0, trainingImages),
            images("validation", 1, validationImages),
            List.<LabelledImage>of());
    return new DetectionDataSet(
        "shapes",
        classes,
        split.training(),
        split.validation(),
        split.heldOut(),
        report(classes, split));
  }

  private static LabelReport report(List<String> classes, Split<LabelledImage> split) {
    var tally = LabelTally.of(classes, split);
    int images = (int) split.all().count();
    return new LabelReport(
        images,
        0,
        tally.used() + tally.ignored(),
        tally.used(),
        tally.ignored(),
        0,
        tally.usedByClass(),
        List.of(),
        List.of());
  }

  private List<LabelledImage> images(String part, int number, int count) {
    return IntStream.range(0, count)
        .mapToObj(
            index -> {
              var stream = new ShapeScene.Stream(seed, number, index);
              var scene = new ShapeScene(width, height, stream);
              String name = part + "-" + index;
              return new LabelledImage(name, scene, width, height, scene.boxes());
            })
        .toList();
  }
}
