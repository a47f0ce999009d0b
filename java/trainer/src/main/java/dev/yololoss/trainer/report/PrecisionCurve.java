package dev.yololoss.trainer.report;

import dev.yololoss.trainer.files.AtomicFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;

/** {@code map.png}: mean average precision over the epochs, 1200 x 700 pixels. */
public final class PrecisionCurve {
  private PrecisionCurve() {}

  /**
   * Draws the epochs that were evaluated; the others are skipped.
   *
   * @return the file, or empty and no file written when none was evaluated
   */
  public static Optional<Path> write(Path file, List<EpochReport> reports) throws IOException {
    boolean evaluated =
        reports.stream()
            .map(EpochReport::precision)
            .anyMatch(p -> Double.isFinite(p.map50()) || Double.isFinite(p.map50To95()));
    if (!evaluated) {
      return Optional.empty();
    }
    XYChart chart = ChartStyle.chart("Validation precision", "mean average precision");
    ChartStyle.draw(chart, "mAP50", ChartStyle.BLUE, reports, r -> r.precision().map50());
    ChartStyle.draw(chart, "mAP50-95", ChartStyle.ORANGE, reports, r -> r.precision().map50To95());
    chart.getStyler().setYAxisDecimalPattern("0.00####");
    chart.getStyler().setYAxisMin(0.0);
    return Optional.of(AtomicFile.writePng(file, BitmapEncoder.getBufferedImage(chart)));
  }
}
