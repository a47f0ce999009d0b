package dev.yololoss.trainer.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.yololoss.trainer.evaluate.Detection;
import dev.yololoss.trainer.evaluate.TruthBox;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PictureSheetTest {
  private static final Color GREY = new Color(0x808080);
  private static final PictureSheet SHEET = new PictureSheet(List.of("dog", "cat"));

  @TempDir Path folder;

  private static BufferedImage grey(int width, int height) {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    graphics.setColor(GREY);
    graphics.fillRect(0, 0, width, height);
    graphics.dispose();
    return image;
  }

  private static Picture empty(int width, int height) {
    return new Picture(grey(width, height), "empty", List.of(), List.of());
  }

  private static Color at(BufferedImage image, int x, int y) {
    return new Color(image.getRGB(x, y));
  }

  @Test
  void theGridGrowsWithThePictures() throws IOException {
    for (int pictures = 1; pictures <= PictureSheet.MOST_PICTURES; pictures++) {
      int columns = PictureSheet.columns(pictures);
      int rows = Math.ceilDiv(pictures, columns);
      Path file = folder.resolve(pictures + ".png");
      assertThat(SHEET.write(file, Collections.nCopies(pictures, empty(40, 30)))).isEqualTo(file);
      BufferedImage sheet = ImageIO.read(file.toFile());
      assertThat(sheet.getWidth()).isEqualTo(14 + columns * 414);
      assertThat(sheet.getHeight()).isEqualTo(14 + rows * 340 + 22);
      int last = pictures - 1;
      // The middle of the last picture is drawn.
      assertThat(at(sheet, 14 + last % columns * 414 + 200, 14 + last / columns * 340 + 150))
          .isEqualTo(GREY);
    }
  }

  @Test
  void boxesLieWhereTheyShould() {
    // 200 x 150 pixels become 400 x 300 at (14, 14): everything doubles.
    Picture picture =
        new Picture(
            grey(200, 150),
            "boxes",
            List.of(new Detection(0, 0.87, 50, 40, 100, 100)),
            List.of(new TruthBox(1, 120, 40, 180, 100, false)));
    BufferedImage sheet = SHEET.draw(List.of(picture));
    Color dog = CategoryColor.of(0);
    assertThat(at(sheet, 14 + 100, 14 + 140)).isEqualTo(dog); // left edge
    assertThat(at(sheet, 14 + 199, 14 + 140)).isEqualTo(dog); // right edge
    assertThat(at(sheet, 14 + 150, 14 + 80)).isEqualTo(dog); // top edge
    assertThat(at(sheet, 14 + 150, 14 + 199)).isEqualTo(dog); // bottom edge
    assertThat(at(sheet, 14 + 150, 14 + 140)).isEqualTo(GREY); // inside
    assertThat(at(sheet, 14 + 102, 14 + 70)).isEqualTo(dog); // the tag above
    int black = 0;
    int white = 0;
    for (int y = 90; y < 190; y++) {
      Color color = at(sheet, 14 + 240, 14 + y); // left edge of the truth
      black += color.equals(Color.BLACK) ? 1 : 0;
      white += color.equals(Color.WHITE) ? 1 : 0;
    }
    assertThat(black).isBetween(35, 60);
    assertThat(white).isBetween(35, 60);
    assertThat(at(sheet, 14 + 300, 14 + 140)).isEqualTo(GREY);
  }

  @Test
  void aTallPictureIsCentredInItsCell() {
    BufferedImage sheet = SHEET.draw(List.of(empty(100, 300)));
    assertThat(at(sheet, 14 + 160, 14 + 150)).isEqualTo(GREY);
    assertThat(at(sheet, 14 + 140, 14 + 150)).isNotEqualTo(GREY).isNotEqualTo(Color.WHITE);
    assertThat(at(sheet, 14 + 260, 14 + 150)).isNotEqualTo(GREY);
  }

  @Test
  void boxesBeyondThePictureStayInIt() {
    Picture picture =
        new Picture(
            grey(200, 150),
            "a caption far too long for its cell ".repeat(20),
            List.of(
                new Detection(0, 0.5, -1e9, -50, 1e300, 1e9), new Detection(1, 0.5, 0, 0, 0, 0)),
            List.of());
    BufferedImage sheet = SHEET.draw(List.of(picture));
    assertThat(at(sheet, 5, 150)).isEqualTo(Color.WHITE);
    assertThat(at(sheet, sheet.getWidth() - 5, 150)).isEqualTo(Color.WHITE);
  }

  @Test
  void theImageIsNotDrawnOn() {
    BufferedImage image = grey(40, 30);
    SHEET.draw(
        List.of(new Picture(image, "one", List.of(new Detection(0, 1, 5, 5, 30, 20)), List.of())));
    for (int x = 0; x < 40; x++) {
      assertThat(at(image, x, 10)).isEqualTo(GREY);
    }
  }

  @Test
  void neighbouringClassesDifferInColour() {
    for (int category = 0; category < 80; category++) {
      Color one = CategoryColor.of(category);
      Color next = CategoryColor.of(category + 1);
      int distance =
          Math.abs(one.getRed() - next.getRed())
              + Math.abs(one.getGreen() - next.getGreen())
              + Math.abs(one.getBlue() - next.getBlue());
      assertThat(distance).as("classes %d and next", category).isGreaterThan(150);
    }
  }

  @Test
  void whatCannotBeDrawnIsRefused() {
    assertThatIllegalArgumentException().isThrownBy(() -> SHEET.draw(List.of()));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SHEET.draw(Collections.nCopies(13, empty(4, 3))))
        .withMessageContaining("13 pictures");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                new Picture(
                    grey(4, 3),
                    "x.jpg",
                    List.of(new Detection(0, Double.NaN, 0, 0, 1, 1)),
                    List.of()))
        .withMessageContaining("x.jpg");
    Picture unnamed =
        new Picture(grey(4, 3), "x.jpg", List.of(new Detection(2, 1, 0, 0, 1, 1)), List.of());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SHEET.draw(List.of(unnamed)))
        .withMessageContaining("category 2 has no name");
  }
}
