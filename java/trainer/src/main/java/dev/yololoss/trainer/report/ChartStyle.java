package dev.yololoss.trainer.report;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler.LegendLayout;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** The look that all charts share. */
final class ChartStyle {
  static final Color BLUE = new Color(0x1F77B4);
  static final Color ORANGE = new Color(0xE6812B);
  static final Color GREEN = new Color(0x2C9E4B);
  static final Color INK = new Color(0x30343B);

  private static final Color GRID = new Color(0xE3E6EA);
  private static final BasicStroke THIN = new BasicStroke(1);
  static final BasicStroke LINE =
      new BasicStroke(2.5f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND);
  private static final int MOST_POINTS_WITH_MARKERS = 40;

  private ChartStyle() {}

  /** An empty chart, 1200 x 700. */
  static XYChart chart(String title, String unit) {
    return chart(title, "epoch", unit);
  }

  /** Likewise, over something else than epochs. */
  static XYChart chart(String title, String over, String unit) {
    return chart(title, over, unit, 1200, 700);
  }

  static XYChart chart(String title, String over, String unit, int width, int height) {
    XYChart chart =
        new XYChartBuilder()
            .width(width)
            .height(height)
            .title(title)
            .xAxisTitle(over)
            .yAxisTitle(unit)
            .build();
    XYStyler style = chart.getStyler();
    // The machine's locale must not turn 0.5 into 0,5 on one machine and not on another.
    style.setLocale(Locale.ROOT);
    style.setChartPadding(20);
    style.setChartBackgroundColor(Color.WHITE);
    style.setPlotBackgroundColor(Color.WHITE);
    style.setPlotBorderVisible(false);
    style.setPlotGridLinesColor(GRID);
    style.setPlotGridLinesStroke(THIN);
    style.setChartFontColor(INK);
    style.setChartTitleFont(font(Font.BOLD, 22));
    style.setChartTitlePadding(12);
    style.setAxisTitleFont(font(Font.PLAIN, 17));
    // Larger labels touch each other from epoch 100 on.
    style.setAxisTickLabelsFont(font(Font.PLAIN, 13));
    style.setAxisTickLabelsColor(INK);
    style.setAxisTickMarksColor(GRID);
    style.setAxisTickPadding(8);
    style.setXAxisDecimalPattern("0");
    style.setLegendFont(font(Font.PLAIN, 16));
    // Outside: within the plot it would sooner or later hide a curve.
    style.setLegendPosition(LegendPosition.OutsideS);
    style.setLegendLayout(LegendLayout.Horizontal);
    style.setLegendBorderColor(Color.WHITE);
    style.setLegendPadding(12);
    style.setMarkerSize(7);
    return chart;
  }

  /** Adds the epochs at which the value is a finite number; a gap is bridged by the line. */
  static void draw(
      XYChart chart,
      String name,
      Color color,
      List<EpochReport> reports,
      ToDoubleFunction<EpochReport> value) {
    List<EpochReport> known =
        reports.stream().filter(r -> Double.isFinite(value.applyAsDouble(r))).toList();
    if (known.isEmpty()) {
      return;
    }
    XYSeries series =
        chart.addSeries(
            name,
            known.stream().mapToDouble(EpochReport::epoch).toArray(),
            known.stream().mapToDouble(value).toArray());
    series.setLineColor(color);
    series.setLineStyle(LINE);
    series.setMarkerColor(color);
    series.setMarker(
        known.size() > MOST_POINTS_WITH_MARKERS ? SeriesMarkers.NONE : SeriesMarkers.CIRCLE);
  }

  private static Font font(int style, int size) {
    return new Font(Font.SANS_SERIF, style, size);
  }
}
