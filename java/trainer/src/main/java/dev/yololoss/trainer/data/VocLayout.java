package dev.yololoss.trainer.data;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Pascal VOC: one XML file an image, and lists of the images that train and validate.
 *
 * <p>Coordinates are taken as edges in pixels, as most tools write them: a box from 10 to 20 is 10
 * wide, and nothing is added for VOC's count from 1.
 */
final class VocLayout implements Layout {

  @Override
  public String description() {
    return "Pascal VOC: Annotations/*.xml beside JPEGImages/, or annotations/*.xml beside images/";
  }

  @Override
  public boolean recognises(Path folder) {
    return annotationFolder(folder).isPresent() && imageFolder(folder).isPresent();
  }

  private static Optional<Path> annotationFolder(Path folder) {
    return Folder.firstFolder(folder, "Annotations", "annotations")
        .filter(found -> !Folder.entries(found, Folder.filesEnding(".xml")).isEmpty());
  }

  private static Optional<Path> imageFolder(Path folder) {
    return Folder.firstFolder(folder, "JPEGImages", "images");
  }

  @Override
  public DetectionDataSet read(Path folder, long seed, LabelCollector collector) {
    return new Reading(
            folder,
            annotationFolder(folder).orElseThrow(),
            imageFolder(folder).orElseThrow(),
            collector)
        .run(seed);
  }

  private record Reading(
      Path folder, Path annotationFolder, Path imageFolder, LabelCollector collector) {

    DetectionDataSet run(long seed) {
      SortedMap<String, Path> annotations =
          Folder.byStem(Folder.entries(annotationFolder, Folder.filesEnding(".xml")));
      SortedMap<String, Path> images = Folder.images(imageFolder, collector);
      Set<String> all = new TreeSet<>(annotations.keySet());
      all.addAll(images.keySet());
      Split<VocLists.Entry> split =
          new VocLists(folder.resolve("ImageSets").resolve("Main"), collector)
              .read(all, annotationFolder, seed);
      noteUnlisted(all, split);

      Map<String, LabelFile> labels = new HashMap<>();
      for (VocLists.Entry entry : split.all().toList()) {
        Path annotation = annotations.get(entry.name());
        if (annotation != null) {
          labels.put(entry.name(), new VocAnnotation(annotation).read());
        }
      }
      Categories categories = categories(split, labels);
      return collector.dataSet(
          categories.names(),
          split.mapEach(
              entry ->
                  image(entry, labels.get(entry.name()), images.get(entry.name()), categories)
                      .stream()));
    }

    private void noteUnlisted(Set<String> all, Split<VocLists.Entry> split) {
      Set<String> unlisted = new HashSet<>(all);
      split.all().forEach(entry -> unlisted.remove(entry.name()));
      if (!unlisted.isEmpty()) {
        collector.note(
            "not read, being in no list of ImageSets/Main: %d images".formatted(unlisted.size()));
      }
    }

    private Categories categories(Split<VocLists.Entry> split, Map<String, LabelFile> labels) {
      Optional<ClassNames> list = ClassNames.inLines(folder, "classes.txt", "labels.txt");
      if (list.isPresent()) {
        return Categories.listed(list.get(), collector.relative(list.get().file()).toString());
      }
      return Categories.found(
          split
              .trainingAndValidation()
              .filter(entry -> labels.containsKey(entry.name()))
              .flatMap(entry -> labels.get(entry.name()).objects().stream())
              .flatMap(
                  object ->
                      object instanceof StatedObject.Box box
                          ? Stream.of(box.label())
                          : Stream.empty())
              .toList());
    }

    private Optional<LabelledImage> image(
        VocLists.Entry entry, LabelFile labels, Path image, Categories categories) {
      if (labels == null) {
        Path wanted = collector.relative(annotationFolder.resolve(entry.name() + ".xml"));
        String what = "image " + entry.name() + " has no annotation " + wanted;
        collector.skipImage(entry.line() > 0 ? entry.list() : image, entry.line(), what, List.of());
        return Optional.empty();
      }
      if (image == null) {
        Path wanted = collector.relative(imageFolder.resolve(entry.name() + ".jpg"));
        String what = "annotation without image: no " + wanted + " (or .png, .bmp, .gif)";
        collector.skipImage(labels.path(), 0, what, labels.objects());
        return Optional.empty();
      }
      return collector.image(entry.name(), image, labels, categories);
    }
  }
}
