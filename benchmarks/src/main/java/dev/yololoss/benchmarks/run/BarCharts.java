package dev.yololoss.benchmarks.run;

import java.awt.Color;
import java.awt.Font;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import javax.imageio.ImageIO;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.HorizontalBarChart;
import org.knowm.xchart.HorizontalBarChartBuilder;
import org.knowm.xchart.style.HorizontalBarStyler;

/**
 * The medians as bars: whole steps in one picture, parts in another, presets and axes in others.
 */
final class BarCharts {
  private static final Set<String> PRESETS = Set.of("preset");
  private static final Set<String> AXES =
      Set.of("preset", "batch", "classes", "targets", "threads");
  private static final int WIDTH = 1200;
  private static final int BAR = 56;
  private static final int AROUND = 180;
  private static final double LABELS = 0.92;

  private BarCharts() {}

  /**
   * @param quick how many of the rows, which come first, belong to the quick set
   */
  static void write(Path folder, String name, List<Row> rows, int quick, Machine machine)
      throws IOException {
    draw(
        folder.resolve(name + "-steps.png"),
        "A whole step",
        rows.stream().limit(quick).filter(BarCharts::isStep).toList(),
        machine);
    draw(
        folder.resolve(name + "-parts.png"),
        "Floors and single operations",
        rows.stream().filter(row -> !isStep(row)).toList(),
        machine);
    List<Row> more = rows.stream().skip(quick).filter(BarCharts::isStep).toList();
    List<Row> presets = more.stream().filter(row -> differsIn(row, PRESETS)).toList();
    draw(folder.resolve(name + "-presets.png"), "A whole step by preset", presets, machine);
    draw(
        folder.resolve(name + "-axes.png"),
        "A whole step by classes, targets and threads",
        more.stream().filter(row -> differsIn(row, AXES) && !presets.contains(row)).toList(),
        machine);
  }

  private static boolean isStep(Row row) {
    return row.benchmark().endsWith(".step");
  }

  private static boolean differsIn(Row row, Set<String> params) {
    return row.benchmark().equals(QuickSet.STEP)
        && row.param("batch").matches("4|16")
        && params.containsAll(Label.differing(row));
  }

  /** Equal ones would share a line, and all bars after them stand at another's. */
  private static void requireOwnLabels(List<Row> rows) {
    List<String> labels = new ArrayList<>(rows.stream().map(Label::of).toList());
    rows.stream().map(Label::of).distinct().forEach(labels::remove);
    if (!labels.isEmpty()) {
      throw new IllegalStateException("several bars are called " + labels);
    }
  }

  private static void draw(Path file, String title, List<Row> rows, Machine machine)
      throws IOException {
    List<Row> timed = rows.stream().filter(row -> row.bytesPerStep().isEmpty()).toList();
    requireOwnLabels(timed);
    if (timed.size() < 2) {
      return; // nothing to compare, and XChart draws no axis for one bar
    }
    List<String> names = new ArrayList<>();
    List<Double> medians = new ArrayList<>();
    for (Row row : timed) {
      names.add(Label.of(row));
      medians.add(row.median());
    }
    HorizontalBarChart chart =
        new HorizontalBarChartBuilder()
            .width(WIDTH)
            .height(AROUND + BAR * timed.size())
            .title(title + ", median in ms, logarithmic")
            .xAxisTitle(machine.inWords())
            .build();
    style(chart.getStyler());
    chart.getStyler().setXAxisMaxLabelCount(timed.size());
    // XChart starts bars at 0, which a logarithmic axis does not have
    double least = Collections.min(medians);
    chart.getStyler().setXAxisMin(Math.pow(10, Math.floor(Math.log10(least))));
    chart.addSeries("median", medians, names);
    ImageIO.write(BitmapEncoder.getBufferedImage(chart), "png", file.toFile());
  }

  private static void style(HorizontalBarStyler style) {
    style.setLocale(Locale.ROOT);
    style.setLegendVisible(false);
    style.setChartBackgroundColor(Color.WHITE);
    style.setPlotBorderVisible(false);
    style.setSeriesColors(new Color[] {new Color(0x1F77B4)});
    style.setXAxisLogarithmic(true);
    style.setLabelsVisible(true);
    style.setLabelsPosition(LABELS); // centred there, and to stay within the bar
    // the ticks of a logarithmic axis come out evenly numbered; the bars bear their values
    // themselves
    style.setXAxisTicksVisible(false);
    style.setXAxisDecimalPattern("0.###");
    style.setYAxisTickMarkSpacingHint(BAR / 4); // otherwise every second name is left out
    style.setChartTitleFont(new Font(Font.SANS_SERIF, Font.BOLD, 15));
    style.setAxisTickLabelsFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
  }
}
