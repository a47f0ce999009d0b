package dev.yololoss.trainer.data;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;

/**
 * YOLO text: one file of rows an image, and the class names in a file of their own. An image
 * without rows, or without the file, is background.
 */
final class YoloLayout implements Layout {
  private static final String NAME_FILES =
      "classes.txt, data.yaml, obj.names or labels/classes.txt";

  @Override
  public String description() {
    return "YOLO: labels/*.txt beside images/, or labels/train/*.txt beside images/train/;"
        + " class names in "
        + NAME_FILES;
  }

  @Override
  public boolean recognises(Path folder) {
    return Files.isDirectory(folder.resolve("images"))
        && Files.isDirectory(folder.resolve("labels"));
  }

  @Override
  public DetectionDataSet read(Path folder, long seed, LabelCollector collector) {
    return new Reading(folder, categories(folder, collector), collector).run(seed);
  }

  private static Categories categories(Path folder, LabelCollector collector) {
    ClassNames names =
        ClassNames.inLines(folder, "classes.txt")
            .or(() -> ClassNames.inYaml(folder, "data.yaml", "data.yml"))
            .or(() -> ClassNames.inLines(folder, "obj.names"))
            .or(() -> ClassNames.inLines(folder.resolve("labels"), "classes.txt"))
            .orElseThrow(
                () -> new DataException(folder + ": no class names; looked for " + NAME_FILES));
    return Categories.numbered(names, collector.relative(names.file()).toString());
  }

  private record Reading(Path folder, Categories categories, LabelCollector collector) {

    DetectionDataSet run(long seed) {
      List<LabelledImage> training = new ArrayList<>(images("train"));
      training.addAll(images(folder.resolve("images"), folder.resolve("labels")));
      List<LabelledImage> validation = images("val");
      List<LabelledImage> heldOut = images("test");
      if (!validation.isEmpty()) {
        return collector.dataSet(categories.names(), new Split<>(training, validation, heldOut));
      }
      collector.note(Split.note(seed, "no images in images/val"));
      return collector.dataSet(categories.names(), Split.seeded(training, heldOut, seed));
    }

    /** Folders such as images/train or images/train2017. */
    private List<LabelledImage> images(String part) {
      List<LabelledImage> images = new ArrayList<>();
      for (Path found :
          Folder.entries(
              folder.resolve("images"),
              path -> Files.isDirectory(path) && path.getFileName().toString().startsWith(part))) {
        images.addAll(images(found, folder.resolve("labels").resolve(found.getFileName())));
      }
      return images;
    }

    private List<LabelledImage> images(Path imageFolder, Path labelFolder) {
      SortedMap<String, Path> images = Folder.images(imageFolder, collector);
      SortedMap<String, Path> labels =
          Folder.byStem(
              Folder.entries(
                  labelFolder,
                  Folder.filesEnding(".txt").and(path -> !path.endsWith("classes.txt"))));
      for (String orphan : Folder.missing(labels, images)) {
        LabelFile file = new YoloRows(labels.get(orphan)).read();
        String what =
            "labels without image: no %s.jpg (or .png, .bmp, .gif) in %s"
                .formatted(orphan, collector.relative(imageFolder));
        collector.skipImage(file.path(), 0, what, file.objects());
      }
      int unlabelled = Folder.missing(images, labels).size();
      if (unlabelled > 0) {
        collector.note(
            "%d of %d images in %s have no label file: taken as background"
                .formatted(unlabelled, images.size(), collector.relative(imageFolder)));
      }
      return images.entrySet().stream()
          .flatMap(image -> image(image.getValue(), labels.get(image.getKey())).stream())
          .toList();
    }

    private Optional<LabelledImage> image(Path image, Path labels) {
      LabelFile rows =
          labels == null
              ? new LabelFile(image, List.of(), Optional.empty(), Optional.empty())
              : new YoloRows(labels).read();
      return collector.image(collector.relative(image).toString(), image, rows, categories);
    }
  }
}
