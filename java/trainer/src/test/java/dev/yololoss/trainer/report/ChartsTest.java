package dev.yololoss.trainer.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChartsTest {
  private static final long SEED = 5;
  private static final Losses DIVERGED =
      new Losses(Double.NaN, Double.POSITIVE_INFINITY, Double.NaN, Double.NaN);

  @TempDir Path folder;

  @Test
  void aRunDrawsEverySeries() throws IOException {
    System.out.println("seed " + SEED);
    List<EpochReport> run = Samples.run(30, SEED);
    BufferedImage losses = ImageIO.read(lossPng(run).toFile());
    assertThat(losses.getWidth()).isEqualTo(1200);
    assertThat(losses.getHeight()).isEqualTo(700);
    for (Color color :
        List.of(ChartStyle.INK, ChartStyle.BLUE, ChartStyle.ORANGE, ChartStyle.GREEN)) {
      assertThat(count(losses, color)).as("pixels of %s", color).isGreaterThan(500);
    }
    BufferedImage precision = ImageIO.read(mapPng(run).toFile());
    assertThat(precision.getWidth()).isEqualTo(1200);
    assertThat(count(precision, ChartStyle.BLUE)).isGreaterThan(500);
    assertThat(count(precision, ChartStyle.ORANGE)).isGreaterThan(500);
    assertThat(count(precision, ChartStyle.GREEN)).isZero();
  }

  @Test
  void aSingleEpochIsAPoint() throws IOException {
    List<EpochReport> one =
        List.of(Samples.report(1, new Losses(7, 1, 4, 2), new Precision(0.5, 0.3, 0.4)));
    // More than the legend alone: it is drawn without the point when there is none.
    assertThat(count(ImageIO.read(lossPng(one).toFile()), ChartStyle.BLUE)).isGreaterThan(50);
    assertThat(count(ImageIO.read(mapPng(one).toFile()), ChartStyle.BLUE)).isGreaterThan(50);
  }

  @Test
  void notANumberIsSkipped() throws IOException {
    List<EpochReport> run =
        List.of(
            Samples.report(1, new Losses(7, 1, 4, 2), Precision.NOT_EVALUATED),
            Samples.report(2, DIVERGED, new Precision(0.5, Double.NaN, 0.4)),
            Samples.report(3, new Losses(5, 0, 3, 2), Precision.NOT_EVALUATED));
    assertThat(count(ImageIO.read(lossPng(run).toFile()), ChartStyle.ORANGE)).isGreaterThan(500);
    BufferedImage precision = ImageIO.read(mapPng(run).toFile());
    assertThat(count(precision, ChartStyle.BLUE)).isPositive();
    assertThat(count(precision, ChartStyle.ORANGE)).isZero();
  }

  @Test
  void nothingToDrawIsNoFile() throws IOException {
    Path file = folder.resolve("none.png");
    assertThat(LossCurves.write(file, List.of())).isEmpty();
    assertThat(PrecisionCurve.write(file, List.of())).isEmpty();
    List<EpochReport> empty = List.of(Samples.report(1, DIVERGED, Precision.NOT_EVALUATED));
    assertThat(LossCurves.write(file, empty)).isEmpty();
    assertThat(PrecisionCurve.write(file, empty)).isEmpty();
    assertThat(file).doesNotExist();
  }

  @Test
  void theAxisIsLogarithmicForAWideRangeAboveZero() {
    assertThat(LossCurves.isWide(new double[] {1, 31})).isTrue();
    assertThat(LossCurves.isWide(new double[] {1, 29})).isFalse();
    assertThat(LossCurves.isWide(new double[] {0, 31})).isFalse();
    assertThat(LossCurves.isWide(new double[] {-1, 31})).isFalse();
  }

  @Test
  void logarithmicLabelsAreSparse() {
    assertThat(LossCurves.logarithmicLabel(200)).isEqualTo("200");
    assertThat(LossCurves.logarithmicLabel(1)).isEqualTo("1");
    assertThat(LossCurves.logarithmicLabel(5 * 0.1 * 0.1)).isEqualTo("0.05");
    assertThat(LossCurves.logarithmicLabel(0.9)).isBlank();
  }

  @Test
  void aCommaLocaleDrawsTheSamePicture() throws IOException {
    List<EpochReport> run = Samples.run(10, SEED);
    byte[] pointed = Files.readAllBytes(mapPng(run));
    Locale before = Locale.getDefault();
    Locale.setDefault(Locale.GERMANY);
    try {
      assertThat(Files.readAllBytes(mapPng(run))).isEqualTo(pointed);
    } finally {
      Locale.setDefault(before);
    }
  }

  private Path lossPng(List<EpochReport> reports) throws IOException {
    return LossCurves.write(folder.resolve("loss.png"), reports).orElseThrow();
  }

  private Path mapPng(List<EpochReport> reports) throws IOException {
    return PrecisionCurve.write(folder.resolve("map.png"), reports).orElseThrow();
  }

  private static long count(BufferedImage image, Color color) {
    long count = 0;
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        count += (image.getRGB(x, y) & 0xFFFFFF) == (color.getRGB() & 0xFFFFFF) ? 1 : 0;
      }
    }
    return count;
  }
}
