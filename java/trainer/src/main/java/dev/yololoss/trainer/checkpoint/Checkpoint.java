package dev.yololoss.trainer.checkpoint;

import dev.yololoss.LossState;
import dev.yololoss.trainer.optimize.ParameterState;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A run between two epochs. Order and augmentation need no state of their own: their random numbers
 * come from the seed, the epoch and the image.
 *
 * @param epoch the last that was finished; 0 before the first
 * @param options what the run was asked for, as JSON
 * @param spec the loss, as JSON
 * @param classes their names, by index
 * @param dataFingerprint of the labels
 * @param model every array of the network, by name, those that are not trained too
 * @param optimizer its state, by parameter
 * @param loss what the loss carries from step to step
 * @param assignments which layers and anchors each box had in the last epoch: the table of {@code
 *     AssignmentChurn}
 */
public record Checkpoint(
    int epoch,
    String options,
    String spec,
    List<String> classes,
    long dataFingerprint,
    SortedMap<String, StoredArray> model,
    SortedMap<String, ParameterState> optimizer,
    LossState loss,
    List<Assignments> assignments) {
  /**
   * A box of the training images and where it was assigned.
   *
   * @param image place in the list of training images
   * @param label place in the image's list of boxes
   * @param slots layer and anchor as one number, ascending
   */
  public record Assignments(int image, int label, List<Integer> slots) {
    public Assignments {
      slots = List.copyOf(slots);
    }
  }

  public Checkpoint {
    classes = List.copyOf(classes);
    assignments = List.copyOf(assignments);
  }

  /** A map by name. */
  public static <T> SortedMap<String, T> byName(Map<String, T> map) {
    return new TreeMap<>(map);
  }
}
