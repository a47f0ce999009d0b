package dev.yololoss.benchmarks.run;

import java.awt.Color;
import java.awt.Font;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import javax.imageio.ImageIO;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.HorizontalBarChart;
import org.knowm.xchart.HorizontalBarChartBuilder;
import org.knowm.xchart.style.HorizontalBarStyler;

/** The medians as bars: whole steps in one picture, everything else in another. */
final class BarCharts {
  private static final int WIDTH = 1200;
  private static final int BAR = 56;
  private static final int AROUND = 160;

  private BarCharts() {}

  static void write(Path folder, String name, List<Row> rows, Machine machine) throws IOException {
    List<Row> timed = rows.stream().filter(row -> row.bytesPerStep().isEmpty()).toList();
    List<Row> steps = timed.stream().filter(row -> row.benchmark().endsWith(".step")).toList();
    List<Row> parts = timed.stream().filter(row -> !row.benchmark().endsWith(".step")).toList();
    draw(folder.resolve(name + "-steps.png"), "A whole step", steps, machine);
    draw(folder.resolve(name + "-parts.png"), "Floors and single operations", parts, machine);
  }

  private static void draw(Path file, String title, List<Row> rows, Machine machine)
      throws IOException {
    if (rows.isEmpty()) {
      return;
    }
    List<String> names = new ArrayList<>();
    List<Double> medians = new ArrayList<>();
    for (Row row : rows) {
      names.add(Label.of(row));
      medians.add(row.median());
    }
    HorizontalBarChart chart =
        new HorizontalBarChartBuilder()
            .width(WIDTH)
            .height(AROUND + BAR * rows.size())
            .title(title + ", median in ms, logarithmic (" + machine.inWords() + ")")
            .build();
    style(chart.getStyler());
    chart.getStyler().setXAxisMaxLabelCount(rows.size());
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
    style.setLabelsPosition(1);
    // the ticks of a logarithmic axis come out evenly numbered; the bars bear their values
    // themselves
    style.setXAxisTicksVisible(false);
    style.setXAxisDecimalPattern("0.###");
    style.setYAxisTickMarkSpacingHint(BAR / 4); // otherwise every second name is left out
    style.setChartTitleFont(new Font(Font.SANS_SERIF, Font.BOLD, 15));
    style.setAxisTickLabelsFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
  }
}
