package dev.yololoss.trainer.compare;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.yololoss.trainer.evaluate.AveragePrecision;
import dev.yololoss.trainer.report.EpochReport;
import dev.yololoss.trainer.train.TrainingException;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * How a run ended; a small file, which is all that the report needs.
 *
 * @param run the name of its files
 * @param diverged why it ended early; null if it did not
 * @param precision of the last evaluation; null if it diverged
 * @param curve an entry per epoch
 * @param time what the clock decided
 */
record RunResult(
    String run,
    String contender,
    PlannedRun.Stage stage,
    double rate,
    long seed,
    int epochs,
    String diverged,
    Measured precision,
    List<Point> curve,
    Time time) {
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES).build();

  /** Means and classes. */
  record Measured(double map50, double map50To95, double voc07, List<OfClass> classes) {
    Measured {
      classes = List.copyOf(classes);
    }
  }

  /** A class; null averages if it has no truths. */
  record OfClass(String name, int truths, Double ap50, Double ap50To95, Double voc07) {}

  /** An epoch; null for what was not measured. */
  record Point(
      int epoch,
      Double loss,
      Double map50,
      Double map50To95,
      Double meanIoU,
      Double recall50,
      Double objectnessOnMatches,
      Double objectnessElsewhere,
      Double churn) {}

  /**
   * Over all epochs but the first, if there are more.
   *
   * @param secondsPerImage of a training step
   * @param lossShare of a step, 0 to 1
   * @param seconds of the whole run, evaluations included
   */
  record Time(double secondsPerImage, double lossShare, double seconds) {}

  RunResult {
    curve = List.copyOf(curve);
  }

  static RunResult of(
      PlannedRun run,
      Optional<String> diverged,
      Optional<AveragePrecision> precision,
      List<String> classes,
      List<EpochReport> reports) {
    return new RunResult(
        run.id(),
        run.contender().name(),
        run.stage(),
        run.rate(),
        run.seed(),
        run.epochs(),
        diverged.orElse(null),
        diverged.isPresent() ? null : precision.map(p -> measured(p, classes)).orElse(null),
        reports.stream().map(RunResult::point).toList(),
        time(reports));
  }

  private static Measured measured(AveragePrecision precision, List<String> classes) {
    return new Measured(
        precision.map50(),
        precision.map50To95(),
        precision.mapVoc07(),
        precision.categories().stream()
            .map(
                c ->
                    new OfClass(
                        classes.get(c.category()),
                        c.truths(),
                        finite(c.at50()),
                        finite(c.at50To95()),
                        finite(c.voc07())))
            .toList());
  }

  private static Point point(EpochReport report) {
    var matches = report.matches();
    return new Point(
        report.epoch(),
        finite(report.losses().total()),
        finite(report.precision().map50()),
        finite(report.precision().map50To95()),
        finite(matches.meanIoU()),
        finite(matches.recall50()),
        finite(matches.objectnessOnMatches()),
        finite(matches.objectnessElsewhere()),
        finite(matches.churn()));
  }

  private static Double finite(double value) {
    return Double.isFinite(value) ? value : null;
  }

  private static Time time(List<EpochReport> reports) {
    List<EpochReport> warm = reports.size() > 1 ? reports.subList(1, reports.size()) : reports;
    return new Time(
        mean(warm, r -> 1 / r.pace().imagesPerSecond()),
        mean(warm, r -> r.pace().lossShare()),
        reports.stream().mapToDouble(r -> r.pace().seconds()).sum());
  }

  private static double mean(List<EpochReport> reports, ToDoubleFunction<EpochReport> value) {
    return reports.stream().mapToDouble(value).average().orElse(0);
  }

  boolean finished() {
    return diverged == null;
  }

  /** Mean average precision at IoU 0.5; below every other if it diverged. */
  double map50() {
    return precision == null ? Double.NEGATIVE_INFINITY : precision.map50();
  }

  String toJson() {
    try {
      return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(this) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * This, if it is the result of that run.
   *
   * @param where it is from, for messages
   * @throws TrainingException if it is another's; the message names what differs and the cure
   */
  RunResult requireOf(PlannedRun planned, String where) {
    requireSame(where, "contender", contender, planned.contender().name());
    requireSame(where, "stage", stage, planned.stage());
    requireSame(where, "rate", rate, planned.rate());
    requireSame(where, "seed", seed, planned.seed());
    requireSame(where, "epochs", epochs, planned.epochs());
    return this;
  }

  private static void requireSame(String where, String what, Object own, Object planned) {
    if (!own.equals(planned)) {
      throw new TrainingException(
          "%s: its %s is %s and the plan's %s; remove the file to have the run done again"
              .formatted(where, what, own, planned));
    }
  }

  /**
   * @param where it is from, for messages
   * @throws TrainingException if it is no such file
   */
  static RunResult read(String where, String json) {
    try {
      RunResult result = JSON.readValue(json, RunResult.class);
      boolean ordered =
          IntStream.range(0, result.curve.size())
              .allMatch(i -> result.curve.get(i).epoch() == i + 1);
      boolean named = result.run != null && result.contender != null && result.stage != null;
      boolean measured = result.diverged != null || result.precision != null;
      if (!named || !measured || result.time == null || !ordered) {
        throw new TrainingException(where + ": is no result of a run");
      }
      return result;
    } catch (JsonProcessingException | NullPointerException e) {
      throw new TrainingException(where + ": is no result of a run: " + e.getMessage(), e);
    }
  }
}
