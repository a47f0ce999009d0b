package dev.yololoss.trainer.data;

import java.nio.file.Path;
import java.util.Comparator;

/**
 * Something wrong with the labels or the images of a folder.
 *
 * @param file relative to the folder of the data set
 * @param line counted from 1; 0 when it is the file as a whole
 * @param object which object of the file, counted from 1; 0 when it is none in particular
 * @param what what is wrong, the value, and what is allowed
 */
public record LabelProblem(Path file, int line, int object, String what) {
  static final Comparator<LabelProblem> BY_PLACE =
      Comparator.comparing((LabelProblem problem) -> problem.file().toString())
          .thenComparing(LabelProblem::line)
          .thenComparing(LabelProblem::object);

  /** {@code file:line: what}. */
  @Override
  public String toString() {
    return file + (line > 0 ? ":" + line : "") + ": " + what;
  }
}
