package dev.yololoss.trainer.train;

import dev.yololoss.trainer.checkpoint.Checkpoint;
import dev.yololoss.trainer.checkpoint.CheckpointFile;
import dev.yololoss.trainer.checkpoint.CheckpointFolder;
import dev.yololoss.trainer.data.DetectionDataSet;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A run as its checkpoint has it.
 *
 * @param options with the loss that was trained, its anchors included
 * @param notes about checkpoints that could not be used
 */
record SavedRun(Path file, Checkpoint checkpoint, TrainingOptions options, List<String> notes) {
  /**
   * A run's newest good checkpoint.
   *
   * @throws dev.yololoss.trainer.checkpoint.CheckpointException if there is none
   */
  static SavedRun newest(Path run) {
    CheckpointFolder.Found found = CheckpointFolder.ofRun(run).newest();
    return of(found.file(), found.checkpoint(), run, found.notes());
  }

  /**
   * A run's folder, or one of its checkpoints.
   *
   * @throws dev.yololoss.trainer.checkpoint.CheckpointException if it is neither
   */
  static SavedRun at(Path runOrFile) {
    return Files.isDirectory(runOrFile)
        ? newest(runOrFile)
        : of(runOrFile, CheckpointFile.read(runOrFile), runOrFile, List.of());
  }

  private static SavedRun of(Path file, Checkpoint checkpoint, Path run, List<String> notes) {
    LossChoice loss = new LossChoice.Described(file, checkpoint.spec());
    return new SavedRun(file, checkpoint, OptionsJson.read(checkpoint.options(), loss, run), notes);
  }

  /**
   * @throws TrainingException if classes, images, labels or the split have changed
   */
  void requireSame(DetectionDataSet data) {
    requireSameClasses(data);
    if (data.fingerprint() != checkpoint.dataFingerprint()) {
      throw new TrainingException(
          "the images, labels or split of "
              + data.name()
              + " are not those the run began with, and so it cannot go on: "
              + file);
    }
  }

  /**
   * @throws TrainingException if there are other classes; the message says which
   */
  void requireSameClasses(DetectionDataSet data) {
    List<String> trained = checkpoint.classes();
    if (!data.classes().equals(trained)) {
      List<String> missing = trained.stream().filter(c -> !data.classes().contains(c)).toList();
      List<String> unknown = data.classes().stream().filter(c -> !trained.contains(c)).toList();
      throw new TrainingException(
          "%s was trained on the classes %s; the data has %s%s%s%s"
              .formatted(
                  file,
                  trained,
                  data.classes(),
                  missing.isEmpty() ? "" : ", without " + missing,
                  unknown.isEmpty() ? "" : ", and " + unknown + ", which it does not know",
                  missing.isEmpty() && unknown.isEmpty() ? ", in another order" : ""));
    }
  }
}
