package dev.yololoss.trainer.report;

import dev.yololoss.trainer.files.AtomicFile;
import java.awt.BasicStroke;
import java.awt.Color;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.XYSeries.XYSeriesRenderStyle;
import org.knowm.xchart.style.Styler.LegendLayout;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Curves over epochs, each the mean of several runs in a band from the least to the greatest. */
public final class SpreadChart {
  private static final int WIDTH = 900;
  private static final int HEIGHT = 540;
  private static final int LEGEND_ROW = 28;
  private static final int BAND_OPACITY = 40;
  private static final Color NOTHING = new Color(0, 0, 0, 0);

  /** Told apart on white, by those who confuse red and green too where neighbours are concerned. */
  private static final List<Color> COLORS =
      List.of(
          new Color(0x1F77B4),
          new Color(0xE6812B),
          new Color(0x2C9E4B),
          new Color(0xC0392B),
          new Color(0x8E5FBF),
          new Color(0x7A5230),
          new Color(0xD45FA8),
          new Color(0x5B6470),
          new Color(0x9A9B1E),
          new Color(0x17A3B3));

  /** What is known of an epoch. */
  public record Point(int epoch, double least, double mean, double greatest) {}

  /** Points in the order of their epochs. */
  public record Curve(String name, List<Point> points) {
    public Curve {
      points = List.copyOf(points);
    }
  }

  private SpreadChart() {}

  /**
   * A PNG, 900 pixels wide, with a row of legend for each curve.
   *
   * @throws IllegalArgumentException if no curve has a point
   */
  public static byte[] png(String title, String unit, List<Curve> curves) throws IOException {
    if (curves.stream().allMatch(c -> c.points().isEmpty())) {
      throw new IllegalArgumentException(title + ": no points to draw");
    }
    XYChart chart =
        ChartStyle.chart(title, "epoch", unit, WIDTH, HEIGHT + LEGEND_ROW * curves.size());
    chart.getStyler().setYAxisDecimalPattern("0.00####");
    chart.getStyler().setLegendLayout(LegendLayout.Vertical);
    chart.getStyler().setLegendPosition(LegendPosition.OutsideS);
    for (int i = 0; i < curves.size(); i++) {
      if (!curves.get(i).points().isEmpty()) {
        band(chart, curves.get(i), COLORS.get(i % COLORS.size()));
      }
    }
    for (int i = 0; i < curves.size(); i++) {
      if (!curves.get(i).points().isEmpty()) {
        line(chart, curves.get(i), COLORS.get(i % COLORS.size()), i / COLORS.size());
      }
    }
    return AtomicFile.png(BitmapEncoder.getBufferedImage(chart));
  }

  private static void band(XYChart chart, Curve curve, Color color) {
    if (curve.points().stream().noneMatch(p -> p.greatest() > p.least())) {
      return;
    }
    List<Double> x = new ArrayList<>();
    List<Double> y = new ArrayList<>();
    for (Point point : curve.points()) {
      x.add((double) point.epoch());
      y.add(point.greatest());
    }
    for (Point point : curve.points().reversed()) {
      x.add((double) point.epoch());
      y.add(point.least());
    }
    XYSeries series = chart.addSeries(curve.name() + " band", x, y);
    series.setXYSeriesRenderStyle(XYSeriesRenderStyle.PolygonArea);
    series.setFillColor(new Color(color.getRed(), color.getGreen(), color.getBlue(), BAND_OPACITY));
    series.setLineColor(NOTHING);
    series.setMarker(SeriesMarkers.NONE);
    series.setShowInLegend(false);
  }

  private static void line(XYChart chart, Curve curve, Color color, int round) {
    XYSeries series =
        chart.addSeries(
            curve.name(),
            curve.points().stream().mapToDouble(Point::epoch).toArray(),
            curve.points().stream().mapToDouble(Point::mean).toArray());
    series.setLineColor(color);
    series.setLineStyle(round == 0 ? ChartStyle.LINE : dashes());
    series.setMarkerColor(color);
    series.setMarker(curve.points().size() == 1 ? SeriesMarkers.CIRCLE : SeriesMarkers.NONE);
  }

  private static BasicStroke dashes() {
    return new BasicStroke(
        2.5f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND, 1, new float[] {8, 6}, 0);
  }
}
