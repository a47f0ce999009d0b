package dev.yololoss.trainer.train;

import dev.yololoss.spec.Anchor;
import dev.yololoss.spec.Heads;
import dev.yololoss.trainer.data.DetectionDataSet;
import dev.yololoss.trainer.data.LabelReport;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** What a run is about to do, for people. */
final class Introduction {
  private Introduction() {}

  static void print(
      PrintWriter out,
      TrainingOptions options,
      DetectionDataSet data,
      ChooseLoss choice,
      String backend,
      long parameters) {
    LabelReport labels = data.report();
    line(
        out,
        "data      %s: %d training and %d validation images, %d boxes (%d ignored, %d skipped)",
        data.name(),
        data.training().size(),
        data.validation().size(),
        labels.boxes(),
        labels.ignored(),
        labels.skipped());
    labels.notes().forEach(note -> line(out, "          %s", note));
    if (!labels.problems().isEmpty()) {
      line(out, "          %d bad labels: see check-labels", labels.problems().size());
    }
    line(out, "classes   %s", String.join(", ", data.classes()));
    line(out, "loss      %s on %s", choice.spec().preset().id(), backend);
    heads(out, choice.spec().heads());
    choice
        .clusters()
        .ifPresent(
            c ->
                line(out, "          anchors from the training boxes, mean IoU %.3f", c.meanIoU()));
    line(
        out,
        "network   %,d parameters, input %d x %d, batch %d, %s to %s (%s), seed %d",
        parameters,
        options.input().size(),
        options.input().size(),
        options.input().batch(),
        options.optimizer().kind().name().toLowerCase(Locale.ROOT),
        options.schedule().peak(),
        options.schedule().kind().name().toLowerCase(Locale.ROOT),
        options.seed());
    line(out, "out       %s", options.out());
    out.flush();
  }

  private static void heads(PrintWriter out, Heads heads) {
    for (int layer = 0; layer < heads.heads().size(); layer++) {
      line(
          out,
          "head      stride %d, anchors %s",
          heads.heads().get(layer).stride(),
          inWords(heads.anchorsOf(layer)));
    }
  }

  private static String inWords(List<Anchor> anchors) {
    return anchors.stream()
        .map(a -> String.format(Locale.ROOT, "%.3gx%.3g", a.width(), a.height()))
        .collect(Collectors.joining(" "));
  }

  private static void line(PrintWriter out, String format, Object... values) {
    out.println(String.format(Locale.ROOT, format, values));
  }
}
