package dev.yololoss.trainer.data;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Looks into folders; a folder that is not there is empty. */
final class Folder {
  private Folder() {}

  /** Sorted by name. */
  static List<Path> entries(Path folder, Predicate<Path> wanted) {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.filter(wanted).sorted().toList();
    } catch (IOException e) {
      throw new DataException(folder + ": cannot be listed: " + e.getMessage(), e);
    }
  }

  static Predicate<Path> filesEnding(String ending) {
    return path -> path.getFileName().toString().endsWith(ending) && Files.isRegularFile(path);
  }

  /** The images by file name without ending. A second image of a name is a problem. */
  static SortedMap<String, Path> images(Path folder, LabelCollector collector) {
    SortedMap<String, Path> images = new TreeMap<>();
    for (Path image : entries(folder, ImageFile::isImage)) {
      Path first = images.putIfAbsent(stem(image), image);
      if (first != null) {
        String what = "has the same name as " + collector.relative(first);
        collector.skipImage(image, 0, what, List.of());
      }
    }
    return images;
  }

  /** The files by name without ending. */
  static SortedMap<String, Path> byStem(List<Path> files) {
    SortedMap<String, Path> stems = new TreeMap<>();
    files.forEach(file -> stems.put(stem(file), file));
    return stems;
  }

  static String stem(Path file) {
    String name = file.getFileName().toString();
    int dot = name.lastIndexOf('.');
    return dot > 0 ? name.substring(0, dot) : name;
  }

  static Optional<Path> firstFile(Path folder, String... names) {
    return Stream.of(names).map(folder::resolve).filter(Files::isRegularFile).findFirst();
  }

  static Optional<Path> firstFolder(Path folder, String... names) {
    return Stream.of(names).map(folder::resolve).filter(Files::isDirectory).findFirst();
  }

  /**
   * @throws DataException if the file cannot be read or is not UTF-8
   */
  static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new DataException(file + ": cannot be read as UTF-8 text: " + e.getMessage(), e);
    }
  }

  /** The keys of {@code some} that {@code others} lacks. */
  static List<String> missing(Map<String, ?> some, Map<String, ?> others) {
    return some.keySet().stream().filter(key -> !others.containsKey(key)).toList();
  }
}
