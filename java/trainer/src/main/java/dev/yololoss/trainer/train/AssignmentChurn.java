package dev.yololoss.trainer.train;

import dev.yololoss.Match;
import dev.yololoss.trainer.checkpoint.Checkpoint;
import dev.yololoss.trainer.data.Batch;
import dev.yololoss.trainer.data.LabelledImage;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * How restless the assignment is: the share of boxes whose set of layers and anchors is another
 * than in the epoch before. Where the cell moves with the augmented picture nothing is counted, but
 * a box that is scaled differently may well change its anchor for that alone.
 */
final class AssignmentChurn {
  private static final int MOST_ANCHORS = 1 << 10;

  /** A box of the training images, whatever the batch it comes in. */
  private record Box(int image, int label) implements Comparable<Box> {
    @Override
    public int compareTo(Box other) {
      int byImage = Integer.compare(image, other.image);
      return byImage != 0 ? byImage : Integer.compare(label, other.label);
    }
  }

  private final Map<String, Integer> images = new HashMap<>();
  private Map<Box, SortedSet<Integer>> before = new TreeMap<>();
  private Map<Box, SortedSet<Integer>> now = new TreeMap<>();

  AssignmentChurn(List<LabelledImage> training) {
    for (int i = 0; i < training.size(); i++) {
      images.put(training.get(i).name(), i);
    }
  }

  /**
   * Adds a step.
   *
   * @param matches whose targets are the batch's boxes, in their order
   */
  void add(Batch batch, List<Match> matches) {
    Box[] rows = new Box[batch.labels().stream().mapToInt(List::size).sum()];
    int row = 0;
    for (int i = 0; i < batch.images(); i++) {
      int image = images.get(batch.sources().get(i).name());
      for (int label : batch.labels().get(i)) {
        rows[row] = new Box(image, label);
        now.put(rows[row], new TreeSet<>());
        row++;
      }
    }
    for (Match match : matches) {
      now.get(rows[match.target()]).add(match.layer() * MOST_ANCHORS + match.anchor());
    }
  }

  /** The share of changed boxes; NaN if no box was seen twice. */
  double value() {
    int both = 0;
    int changed = 0;
    for (Map.Entry<Box, SortedSet<Integer>> entry : now.entrySet()) {
      SortedSet<Integer> earlier = before.get(entry.getKey());
      if (earlier != null) {
        both++;
        changed += earlier.equals(entry.getValue()) ? 0 : 1;
      }
    }
    return both > 0 ? (double) changed / both : Double.NaN;
  }

  /** What comes next is another epoch. */
  void endEpoch() {
    before = now;
    now = new TreeMap<>();
  }

  /** The last finished epoch's assignment. */
  List<Checkpoint.Assignments> stored() {
    return before.entrySet().stream()
        .map(
            e ->
                new Checkpoint.Assignments(
                    e.getKey().image, e.getKey().label, List.copyOf(e.getValue())))
        .toList();
  }

  void restore(List<Checkpoint.Assignments> stored) {
    before = new TreeMap<>();
    stored.forEach(a -> before.put(new Box(a.image(), a.label()), new TreeSet<>(a.slots())));
  }
}
