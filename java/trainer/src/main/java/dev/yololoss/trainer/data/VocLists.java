package dev.yololoss.trainer.data;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The lists in {@code ImageSets/Main} that say which images train, validate and test. */
record VocLists(Path folder, LabelCollector collector) {

  /** An image by name, and the line of the list that names it; line 0 is the folder itself. */
  record Entry(String name, Path list, int line) {}

  /**
   * @param unlisted the images of the folder, for a folder without lists
   */
  Split<Entry> read(Collection<String> unlisted, Path unlistedIn, long seed) {
    Path train = folder.resolve("train.txt");
    Path validate = folder.resolve("val.txt");
    // An image in two lists would be validated on after being trained on.
    Map<String, Entry> seen = new HashMap<>();
    if (Files.isRegularFile(train) && Files.isRegularFile(validate)) {
      return new Split<>(
          entries(train, seen), entries(validate, seen), entries(folder.resolve("test.txt"), seen));
    }
    for (Path one : List.of(train, folder.resolve("trainval.txt"))) {
      if (Files.isRegularFile(one)) {
        collector.note(Split.note(seed, "only " + collector.relative(one) + " lists images"));
        List<Entry> listed = entries(one, seen);
        return Split.seeded(listed, entries(folder.resolve("test.txt"), seen), seed);
      }
    }
    collector.note(Split.note(seed, "no train.txt and val.txt in " + collector.relative(folder)));
    return Split.seeded(
        unlisted.stream().map(name -> new Entry(name, unlistedIn, 0)).toList(), List.of(), seed);
  }

  private List<Entry> entries(Path list, Map<String, Entry> seen) {
    if (!Files.isRegularFile(list)) {
      return List.of();
    }
    List<Entry> entries = new ArrayList<>();
    List<String> lines = Folder.lines(list);
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).isBlank()) {
        continue;
      }
      var entry = new Entry(lines.get(i).strip(), list, i + 1);
      Entry first = seen.putIfAbsent(entry.name(), entry);
      if (first == null) {
        entries.add(entry);
      } else {
        String what = "image %s is already listed in %s:%d";
        collector.problem(
            list,
            entry.line(),
            what.formatted(entry.name(), collector.relative(first.list()), first.line()));
      }
    }
    return entries;
  }
}
