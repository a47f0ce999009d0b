package dev.yololoss.trainer.compare;

import dev.yololoss.trainer.report.SpreadChart;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;

/** The curves of a comparison. */
final class Figures {
  private Figures() {}

  /** Those that have something to show. */
  static List<Block.Figure> of(List<Standing> standings) throws IOException {
    List<Block.Figure> figures = new ArrayList<>();
    add(figures, standings, "map50", "mAP@.5", "Validation mAP@.5", RunResult.Point::map50);
    add(
        figures,
        standings,
        "map50-95",
        "mAP@.5:.95",
        "Validation mAP@.5:.95",
        RunResult.Point::map50To95);
    add(
        figures,
        standings,
        "mean-iou",
        "Mean IoU",
        "Mean IoU of matched boxes while training",
        RunResult.Point::meanIoU);
    add(
        figures,
        standings,
        "recall50",
        "Recall",
        "Share of targets matched at IoU 0.5 while training",
        RunResult.Point::recall50);
    add(
        figures,
        standings,
        "objectness-on-matches",
        "Objectness on matches",
        "Mean objectness of matched slots",
        RunResult.Point::objectnessOnMatches);
    add(
        figures,
        standings,
        "objectness-elsewhere",
        "Objectness elsewhere",
        "Mean objectness of all other slots that pay for it",
        RunResult.Point::objectnessElsewhere);
    add(
        figures,
        standings,
        "churn",
        "Assignment churn",
        "Share of targets that changed layer or anchor since the last epoch",
        RunResult.Point::churn);
    return figures;
  }

  private static void add(
      List<Block.Figure> figures,
      List<Standing> standings,
      String name,
      String title,
      String caption,
      Function<RunResult.Point, Double> value)
      throws IOException {
    List<SpreadChart.Curve> curves =
        standings.stream()
            .map(s -> new SpreadChart.Curve(s.contender().name(), points(s.good(), value)))
            .toList();
    if (curves.stream().anyMatch(c -> !c.points().isEmpty())) {
      byte[] png = SpreadChart.png(title, "", curves);
      figures.add(
          new Block.Figure(
              name + ".png", caption + ": mean over the seeds, least to greatest", png, true));
    }
  }

  private static List<SpreadChart.Point> points(
      List<RunResult> results, Function<RunResult.Point, Double> value) {
    SortedMap<Integer, List<Double>> byEpoch = new TreeMap<>();
    for (RunResult result : results) {
      for (RunResult.Point point : result.curve()) {
        Double known = value.apply(point);
        if (known != null) {
          byEpoch.computeIfAbsent(point.epoch(), e -> new ArrayList<>()).add(known);
        }
      }
    }
    List<SpreadChart.Point> points = new ArrayList<>();
    byEpoch.forEach(
        (epoch, values) -> {
          var all = values.stream().mapToDouble(v -> v).summaryStatistics();
          points.add(new SpreadChart.Point(epoch, all.getMin(), all.getAverage(), all.getMax()));
        });
    return points;
  }
}
