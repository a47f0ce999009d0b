package dev.yololoss.trainer.compare;

import java.io.PrintWriter;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;

/**
 * How a contender did.
 *
 * @param tried the learning rates' trials
 * @param rate the one taken; empty if that was not yet found
 * @param finals a result per seed, as far as they were finished
 */
record Standing(
    Contender contender, List<RunResult> tried, OptionalDouble rate, List<RunResult> finals) {
  Standing {
    tried = List.copyOf(tried);
    finals = List.copyOf(finals);
  }

  /**
   * Over the seeds that did not diverge.
   *
   * @param deviation of a sample; NaN for fewer than two
   */
  record Spread(double mean, double deviation, int count) {
    String inWords() {
      if (count == 0) {
        return "–";
      }
      return count == 1
          ? String.format(Locale.ROOT, "%.3f", mean)
          : String.format(Locale.ROOT, "%.3f ± %.3f", mean, deviation);
    }
  }

  List<RunResult> good() {
    return finals.stream().filter(RunResult::finished).toList();
  }

  int diverged() {
    return finals.size() - good().size();
  }

  Spread over(ToDoubleFunction<RunResult> value) {
    double[] values = good().stream().mapToDouble(value).toArray();
    double mean = Arrays.stream(values).average().orElse(Double.NaN);
    double squares = Arrays.stream(values).map(v -> (v - mean) * (v - mean)).sum();
    return new Spread(mean, Math.sqrt(squares / (values.length - 1)), values.length);
  }

  static String inWords(RunResult result) {
    return result.finished()
        ? String.format(
            Locale.ROOT,
            "mAP@.5 %.4f  mAP@.5:.95 %.4f  %.0f s",
            result.precision().map50(),
            result.precision().map50To95(),
            result.time().seconds())
        : "diverged after " + result.curve().size() + " epochs";
  }

  static void print(PrintWriter out, List<Standing> standings) {
    int width =
        Math.max(4, standings.stream().mapToInt(s -> s.contender.name().length()).max().orElse(0));
    String format = "%-" + width + "s  %8s  %15s  %15s  %5s  %8s";
    out.println(
        String.format(
            Locale.ROOT, format, "loss", "rate", "mAP@.5", "mAP@.5:.95", "seeds", "diverged"));
    for (Standing standing : standings) {
      out.println(
          String.format(
              Locale.ROOT,
              format,
              standing.contender.name(),
              standing.rate.isPresent() ? String.valueOf(standing.rate.getAsDouble()) : "",
              standing.over(r -> r.precision().map50()).inWords(),
              standing.over(r -> r.precision().map50To95()).inWords(),
              standing.finals.size(),
              standing.diverged()));
    }
  }
}
