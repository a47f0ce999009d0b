package dev.yololoss.trainer.audit;

import dev.yololoss.trainer.evaluate.Detection;
import java.util.List;
import java.util.Map;

/**
 * What an audit found, worst first.
 *
 * @param found the confident predictions of each image, by its name
 * @param notFinite predictions left out because an edge or the score is NaN or infinite
 */
record Findings(
    List<ImageFinding> images,
    List<LabelFinding> labels,
    List<MissingLabel> missing,
    Map<String, List<Detection>> found,
    int notFinite) {
  Findings {
    images = List.copyOf(images);
    labels = List.copyOf(labels);
    missing = List.copyOf(missing);
    found = Map.copyOf(found);
  }
}
