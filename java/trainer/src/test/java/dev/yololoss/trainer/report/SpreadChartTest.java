package dev.yololoss.trainer.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.List;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

class SpreadChartTest {
  private static SpreadChart.Curve curve(String name, double spread) {
    return new SpreadChart.Curve(
        name,
        IntStream.rangeClosed(1, 20)
            .mapToObj(e -> new SpreadChart.Point(e, 0.5 - spread, 0.5, 0.5 + spread))
            .toList());
  }

  private static BufferedImage draw(List<SpreadChart.Curve> curves) throws IOException {
    return ImageIO.read(new ByteArrayInputStream(SpreadChart.png("title", "unit", curves)));
  }

  /** Pixels of the first colour, mixed with white by the band's opacity. */
  private static long bandPixels(BufferedImage image) {
    return IntStream.range(0, image.getWidth())
        .mapToLong(
            x ->
                IntStream.range(0, image.getHeight())
                    .filter(y -> isPaleBlue(image.getRGB(x, y)))
                    .count())
        .sum();
  }

  private static boolean isPaleBlue(int rgb) {
    int red = rgb >> 16 & 0xff;
    int green = rgb >> 8 & 0xff;
    int blue = rgb & 0xff;
    return Math.abs(red - 220) < 4 && Math.abs(green - 234) < 4 && Math.abs(blue - 244) < 4;
  }

  @Test
  void theBandIsAsWideAsTheSpread() throws IOException {
    SpreadChart.Curve frame = curve("frame", 0.4);
    long narrow = bandPixels(draw(List.of(curve("a", 0.1), new SpreadChart.Curve("b", List.of()))));
    assertThat(narrow).isGreaterThan(10_000);
    assertThat(bandPixels(draw(List.of(curve("a", 0), frame)))).isZero();
  }

  @Test
  void moreCurvesThanColoursAndCurvesOfOnePointAreDrawn() throws IOException {
    List<SpreadChart.Curve> many =
        IntStream.range(0, 14).mapToObj(i -> curve("loss " + i, 0.01 * i)).toList();
    assertThat(draw(many).getHeight()).isGreaterThan(draw(many.subList(0, 2)).getHeight());
    draw(List.of(new SpreadChart.Curve("one", List.of(new SpreadChart.Point(1, 0.5, 0.5, 0.5)))));
  }

  @Test
  void nothingToDrawIsAnError() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> draw(List.of(new SpreadChart.Curve("a", List.of()))))
        .withMessage("title: no points to draw");
  }
}
