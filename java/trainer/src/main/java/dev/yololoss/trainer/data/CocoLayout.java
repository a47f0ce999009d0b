package dev.yololoss.trainer.data;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/** COCO: JSON files that list the images, the boxes and the classes. */
final class CocoLayout implements Layout {

  @Override
  public String description() {
    return "COCO: annotations/instances_*.json, annotations/*.json or *.json, beside its images";
  }

  @Override
  public boolean recognises(Path folder) {
    return !annotationFiles(folder).isEmpty();
  }

  /** A folder with instances_*.json may hold captions and key points too, which are not boxes. */
  private static List<Path> annotationFiles(Path folder) {
    List<Path> files = Folder.entries(folder.resolve("annotations"), Folder.filesEnding(".json"));
    // Beside YOLO labels a JSON file is likely to be notes of the tool that exported them.
    if (files.isEmpty() && !Files.isDirectory(folder.resolve("labels"))) {
      files = Folder.entries(folder, Folder.filesEnding(".json"));
    }
    List<Path> instances =
        files.stream().filter(file -> Folder.stem(file).startsWith("instances_")).toList();
    return instances.isEmpty() ? files : instances;
  }

  @Override
  public DetectionDataSet read(Path folder, long seed, LabelCollector collector) {
    return new Reading(folder, collector).run(seed);
  }

  private record Reading(Path folder, LabelCollector collector) {

    DetectionDataSet run(long seed) {
      List<CocoFile> files = annotationFiles(folder).stream().map(CocoFile::read).toList();
      Categories categories = categories(files);
      List<LabelledImage> training = new ArrayList<>();
      List<LabelledImage> validation = new ArrayList<>();
      List<LabelledImage> heldOut = new ArrayList<>();
      Map<Path, Path> firstFile = new HashMap<>();
      for (CocoFile file : files) {
        String stem = Folder.stem(file.path());
        List<LabelledImage> part =
            stem.contains("val") ? validation : stem.contains("test") ? heldOut : training;
        part.addAll(images(file, categories, firstFile));
      }
      if (!validation.isEmpty()) {
        return collector.dataSet(categories.names(), new Split<>(training, validation, heldOut));
      }
      collector.note(Split.note(seed, "no JSON file with images is named val"));
      return collector.dataSet(categories.names(), Split.seeded(training, heldOut, seed));
    }

    private Categories categories(List<CocoFile> files) {
      SortedMap<Long, String> names = new TreeMap<>();
      for (CocoFile file : files) {
        Set<Long> here = new HashSet<>();
        for (CocoFile.Category category : file.categories()) {
          String name = names.putIfAbsent(category.id(), category.name());
          boolean twice = !here.add(category.id());
          if (twice || (name != null && !name.equals(category.name()))) {
            String what = "category id %d is already %s; must be unique";
            collector.problem(file.path(), category.line(), what.formatted(category.id(), name));
          }
        }
      }
      return Categories.identified(names);
    }

    private List<LabelledImage> images(
        CocoFile file, Categories categories, Map<Path, Path> firstFile) {
      file.badEntries()
          .forEach(bad -> collector.problem(file.path(), bad.line(), bad.getMessage()));
      if (file.fault().isPresent()) {
        BadLabelException fault = file.fault().get();
        List<StatedObject> lost =
            file.annotations().stream().map(CocoFile.Annotation::object).toList();
        collector.skipObjects(file.path(), fault.line(), fault.getMessage(), lost);
        return List.of();
      }
      Map<String, CocoFile.Image> byId = uniqueImages(file);
      Map<String, List<StatedObject>> objects = objectsByImage(file, byId);
      return byId.values().stream()
          .sorted(Comparator.comparing(CocoFile.Image::fileName))
          .flatMap(
              image ->
                  image(file.path(), image, objects.get(image.id()), categories, firstFile)
                      .stream())
          .toList();
    }

    private Map<String, CocoFile.Image> uniqueImages(CocoFile file) {
      Map<String, CocoFile.Image> byId = new LinkedHashMap<>();
      for (CocoFile.Image image : file.images()) {
        CocoFile.Image first = byId.putIfAbsent(image.id(), image);
        if (first != null) {
          String what = "image id %s is already that of %s; must be unique";
          collector.skipImage(
              file.path(), image.line(), what.formatted(image.id(), first.fileName()), List.of());
        }
      }
      return byId;
    }

    private Map<String, List<StatedObject>> objectsByImage(
        CocoFile file, Map<String, CocoFile.Image> images) {
      Map<String, List<StatedObject>> objects = new HashMap<>();
      images.keySet().forEach(id -> objects.put(id, new ArrayList<>()));
      Map<String, Integer> firstObject = new HashMap<>();
      for (CocoFile.Annotation annotation : file.annotations()) {
        StatedObject object = annotation.object();
        Integer first =
            annotation.id().isEmpty()
                ? null
                : firstObject.putIfAbsent(annotation.id(), object.object());
        if (first != null) {
          String what = ": annotation id %s is already that of object %d; must be unique";
          collector.skipObject(
              file.path(),
              annotation.line(),
              object.object(),
              what.formatted(annotation.id(), first));
        } else if (objects.containsKey(annotation.imageId())) {
          objects.get(annotation.imageId()).add(object);
        } else if (object instanceof StatedObject.Unreadable unreadable) {
          collector.skipObject(
              file.path(), unreadable.line(), unreadable.object(), ": " + unreadable.what());
        } else {
          String what = ": image id %s is not among the %d images";
          collector.skipObject(
              file.path(),
              annotation.line(),
              object.object(),
              what.formatted(annotation.imageId(), images.size()));
        }
      }
      return objects;
    }

    private Optional<LabelledImage> image(
        Path json,
        CocoFile.Image image,
        List<StatedObject> objects,
        Categories categories,
        Map<Path, Path> firstFile) {
      List<Path> places = places(json, image.fileName());
      Optional<Path> found = places.stream().filter(Files::isRegularFile).findFirst();
      if (found.isEmpty()) {
        String what = "image %s is not there; looked for %s";
        List<Path> looked = places.stream().map(collector::relative).toList();
        collector.skipImage(json, image.line(), what.formatted(image.fileName(), looked), objects);
        return Optional.empty();
      }
      Path first = firstFile.putIfAbsent(found.get(), json);
      if (first != null) {
        String what = "image %s is already listed in %s";
        collector.skipImage(
            json,
            image.line(),
            what.formatted(image.fileName(), collector.relative(first)),
            objects);
        return Optional.empty();
      }
      Optional<LabelFile.StatedSize> size =
          image.width() > 0 && image.height() > 0
              ? Optional.of(
                  new LabelFile.StatedSize(
                      image.line(), new ImageFile.Size(image.width(), image.height())))
              : Optional.empty();
      return collector.image(
          collector.relative(found.get()).toString(),
          found.get(),
          new LabelFile(json, objects, size, Optional.empty()),
          categories);
    }

    /** instances_train2017.json has its images in train2017/ or images/train2017/. */
    private List<Path> places(Path json, String fileName) {
      String part = Folder.stem(json).replaceFirst("^instances_", "");
      Path images = folder.resolve("images");
      return Stream.of(images.resolve(part), folder.resolve(part), images, folder, json.getParent())
          .map(place -> place.resolve(fileName).normalize())
          .distinct()
          .toList();
    }
  }
}
