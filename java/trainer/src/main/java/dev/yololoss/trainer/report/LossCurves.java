package dev.yololoss.trainer.report;

import dev.yololoss.trainer.files.AtomicFile;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.DoubleStream;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;

/** {@code loss.png}: the total loss and its parts over the epochs, 1200 x 700 pixels. */
public final class LossCurves {
  private static final double WIDE_RANGE = 30;

  private LossCurves() {}

  /**
   * Draws the epochs; NaN and infinity are skipped. The axis is logarithmic when the losses are all
   * above 0 and the greatest is more than 30 times the least.
   *
   * @return the file, or empty and no file written when there is no finite loss to draw
   */
  public static Optional<Path> write(Path file, List<EpochReport> reports) throws IOException {
    double[] drawn =
        reports.stream()
            .map(EpochReport::losses)
            .flatMapToDouble(
                l -> DoubleStream.of(l.total(), l.box(), l.objectness(), l.classification()))
            .filter(Double::isFinite)
            .toArray();
    if (drawn.length == 0) {
      return Optional.empty();
    }
    XYChart chart = ChartStyle.chart("Training loss", "loss per epoch");
    ChartStyle.draw(chart, "total", ChartStyle.INK, reports, r -> r.losses().total());
    ChartStyle.draw(chart, "box", ChartStyle.BLUE, reports, r -> r.losses().box());
    ChartStyle.draw(chart, "objectness", ChartStyle.ORANGE, reports, r -> r.losses().objectness());
    ChartStyle.draw(
        chart, "classification", ChartStyle.GREEN, reports, r -> r.losses().classification());
    if (isWide(drawn)) {
      chart.getStyler().setYAxisLogarithmic(true);
      chart.getStyler().setYAxisLogarithmicDecadeOnly(false);
      chart.getStyler().setYAxisTickLabelsFormattingFunction(LossCurves::logarithmicLabel);
    }
    return Optional.of(AtomicFile.writePng(file, BitmapEncoder.getBufferedImage(chart)));
  }

  /** Names 1, 2 and 5 of each decade; the lines between them stay bare, for labels would touch. */
  static String logarithmicLabel(double value) {
    BigDecimal rounded = new BigDecimal(value).round(new MathContext(2)).stripTrailingZeros();
    return List.of("1", "2", "5").contains(rounded.unscaledValue().toString())
        ? rounded.toPlainString()
        : " ";
  }

  static boolean isWide(double[] values) {
    double least = DoubleStream.of(values).min().orElseThrow();
    double greatest = DoubleStream.of(values).max().orElseThrow();
    return least > 0 && greatest > WIDE_RANGE * least;
  }
}
