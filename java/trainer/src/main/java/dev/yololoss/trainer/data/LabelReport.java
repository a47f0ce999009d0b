package dev.yololoss.trainer.data;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What was found in the labels of a data set, and what became of it. Nothing is lost: {@code boxes
 * = used + ignored + skipped} and {@code images} is the number of images the data set holds plus
 * {@code skippedImages}.
 *
 * @param images images named by the folder, its lists or its labels
 * @param skippedImages images left out because of a problem, with all their boxes
 * @param boxes objects stated by the label files
 * @param used boxes trained or evaluated on
 * @param ignored boxes marked difficult or crowd
 * @param skipped boxes left out because of a problem
 * @param usedByClass used boxes by class name, in the order of the classes
 * @param problems sorted by file, line and object
 * @param notes what the reader decided for itself, such as a split by chance
 */
public record LabelReport(
    int images,
    int skippedImages,
    int boxes,
    int used,
    int ignored,
    int skipped,
    Map<String, Integer> usedByClass,
    List<LabelProblem> problems,
    List<String> notes) {
  public LabelReport {
    usedByClass = Collections.unmodifiableMap(new LinkedHashMap<>(usedByClass));
    problems = List.copyOf(problems);
    notes = List.copyOf(notes);
  }
}
