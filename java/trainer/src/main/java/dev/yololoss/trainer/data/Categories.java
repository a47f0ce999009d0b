package dev.yololoss.trainer.data;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeSet;

/**
 * The classes of a data set and how its label files refer to them.
 *
 * @param names by category index
 * @param indexByLabel from what stands in a label file
 * @param allowed the sentence that says which labels there may be
 */
record Categories(List<String> names, Map<String, Integer> indexByLabel, String allowed) {

  /** Labels are names out of a list. */
  static Categories listed(ClassNames list, String listName) {
    return new Categories(
        list.names(),
        positions(list.names()),
        "must be one of %s (%s)".formatted(String.join(", ", list.names()), listName));
  }

  /** Labels are names; the classes are those found, in alphabetical order. */
  static Categories found(Collection<String> labels) {
    List<String> names = List.copyOf(new TreeSet<>(labels));
    return new Categories(
        names,
        positions(names),
        "must be one of %s (the classes of training and validation)"
            .formatted(String.join(", ", names)));
  }

  /** Labels are positions in a list, from 0. */
  static Categories numbered(ClassNames list, String listName) {
    Map<String, Integer> indexes = new HashMap<>();
    for (int i = 0; i < list.names().size(); i++) {
      indexes.put(Integer.toString(i), i);
    }
    return new Categories(
        list.names(),
        indexes,
        "must be 0 to %d (%s: %s)"
            .formatted(list.names().size() - 1, listName, String.join(", ", list.names())));
  }

  /** Labels are ids; the classes are in the order of their ids. */
  static Categories identified(SortedMap<Long, String> namesById) {
    Map<String, Integer> indexes = new HashMap<>();
    namesById.keySet().forEach(id -> indexes.put(id.toString(), indexes.size()));
    return new Categories(
        List.copyOf(namesById.values()), indexes, "must be one of the ids " + namesById.keySet());
  }

  private static Map<String, Integer> positions(List<String> names) {
    Map<String, Integer> indexes = new HashMap<>();
    names.forEach(name -> indexes.put(name, indexes.size()));
    return indexes;
  }
}
