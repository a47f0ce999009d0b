package dev.yololoss.trainer.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The class names a data set gives in a file of its own. */
record ClassNames(Path file, List<String> names) {

  /** One name a line; the first of {@code fileNames} that is there is read. */
  static Optional<ClassNames> inLines(Path folder, String... fileNames) {
    return Folder.firstFile(folder, fileNames).map(file -> checked(file, lines(file)));
  }

  /** The entry {@code names} of a YAML file; the first of {@code fileNames} that is there. */
  static Optional<ClassNames> inYaml(Path folder, String... fileNames) {
    return Folder.firstFile(folder, fileNames)
        .map(file -> checked(file, new YamlNames(file).read()));
  }

  private static List<String> lines(Path file) {
    List<String> names = new ArrayList<>(Folder.lines(file).stream().map(String::strip).toList());
    while (!names.isEmpty() && names.getLast().isEmpty()) {
      names.removeLast();
    }
    return names;
  }

  private static ClassNames checked(Path file, List<String> names) {
    if (names.isEmpty()) {
      throw new DataException(file + ": names no class");
    }
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < names.size(); i++) {
      // An empty name would shift every class after it if it were passed over.
      if (names.get(i).isEmpty()) {
        throw new DataException("%s: class %d has no name".formatted(file, i));
      }
      if (!seen.add(names.get(i))) {
        throw new DataException("%s: class %s is named twice".formatted(file, names.get(i)));
      }
    }
    return new ClassNames(file, List.copyOf(names));
  }
}
