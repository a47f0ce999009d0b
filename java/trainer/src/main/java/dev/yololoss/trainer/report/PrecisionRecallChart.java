package dev.yololoss.trainer.report;

import dev.yololoss.trainer.evaluate.PrecisionCurves;
import dev.yololoss.trainer.files.AtomicFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Precision over recall at IoU 0.5, a curve per class, 1200 x 700 pixels. */
public final class PrecisionRecallChart {
  private PrecisionRecallChart() {}

  /**
   * Draws the classes that have truths and detections.
   *
   * @param classes their names, by index
   * @return the file, or empty and no file written when there is no such class
   */
  public static Optional<Path> write(
      Path file, String title, List<String> classes, PrecisionCurves curves) throws IOException {
    XYChart chart = ChartStyle.chart(title, "recall", "precision");
    for (int category = 0; category < classes.size(); category++) {
      List<PrecisionCurves.Point> points = curves.categories().get(category);
      if (!points.isEmpty()) {
        XYSeries series =
            chart.addSeries(
                classes.get(category),
                points.stream().mapToDouble(PrecisionCurves.Point::recall).toArray(),
                points.stream().mapToDouble(PrecisionCurves.Point::precision).toArray());
        series.setLineColor(CategoryColor.of(category));
        series.setLineStyle(ChartStyle.LINE);
        series.setMarker(SeriesMarkers.NONE);
      }
    }
    if (curves.categories().stream().allMatch(List::isEmpty)) {
      return Optional.empty();
    }
    chart.getStyler().setXAxisDecimalPattern("0.0");
    chart.getStyler().setXAxisMin(0.0);
    chart.getStyler().setXAxisMax(1.0);
    chart.getStyler().setYAxisMin(0.0);
    chart.getStyler().setYAxisMax(1.0);
    return Optional.of(AtomicFile.writePng(file, BitmapEncoder.getBufferedImage(chart)));
  }
}
