package dev.yololoss.trainer.data;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.zip.CRC32C;

/**
 * Class names and labelled images.
 *
 * @param name of the folder or the generator
 * @param classes the name of each category, by index
 * @param training images to train on
 * @param validation images to evaluate on; none of them is in {@code training}
 * @param heldOut images of a test list: read and checked, but used neither way
 * @param report what was found in the labels
 */
public record DetectionDataSet(
    String name,
    List<String> classes,
    List<LabelledImage> training,
    List<LabelledImage> validation,
    List<LabelledImage> heldOut,
    LabelReport report) {
  public DetectionDataSet {
    classes = List.copyOf(classes);
    training = List.copyOf(training);
    validation = List.copyOf(validation);
    heldOut = List.copyOf(heldOut);
  }

  /**
   * Reads a folder of images with labels as Pascal VOC XML, COCO JSON or YOLO text; which of them
   * it is, is seen from the folder. Bad labels are skipped and listed in the report.
   *
   * @param folder the data set's own folder
   * @param seed decides which images validate, should the folder have no split of its own
   * @throws DataException if the folder has none of these layouts or no usable training image
   */
  public static DetectionDataSet read(Path folder, long seed) {
    DetectionDataSet dataSet = new DataSetReader(seed, ImageCheck.HEADER).read(folder);
    if (dataSet.training().isEmpty()) {
      throw new DataException(
          folder
              + ": no usable training image; problems: "
              + dataSet.report().problems().stream()
                  .limit(5)
                  .map(LabelProblem::toString)
                  .collect(Collectors.joining("; ")));
    }
    return dataSet;
  }

  /**
   * A number that images or labels that were changed, added or put elsewhere in the split change
   * too; the pixels have no part in it.
   */
  public long fingerprint() {
    CRC32C sum = new CRC32C();
    for (List<LabelledImage> part : List.of(training, validation, heldOut)) {
      part.forEach(image -> sum.update(labels(image).getBytes(StandardCharsets.UTF_8)));
      sum.update('\n');
    }
    return sum.getValue();
  }

  private static String labels(LabelledImage image) {
    return image.name() + " " + image.width() + " " + image.height() + " " + image.boxes();
  }
}
