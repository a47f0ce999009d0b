package dev.yololoss.trainer.data;

import static dev.yololoss.trainer.data.Fixture.object;
import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LabelCheckTest {
  @TempDir Path folder;

  @Test
  void printsProblemsAndSummary() throws IOException {
    var fixture = new Fixture(folder);
    fixture.image("JPEGImages/a.jpg", 40, 20);
    fixture.voc(
        "Annotations/a.xml",
        40,
        20,
        object("dog", 4, 5, 12, 15),
        object("dog", 4, 5, 4, 15),
        object("cat", 1, 0, 0, 9, 9));
    Path cut = fixture.image("JPEGImages/cut.jpg", noise());
    byte[] bytes = Files.readAllBytes(cut);
    Files.write(cut, Arrays.copyOf(bytes, bytes.length / 2));
    fixture.voc("Annotations/cut.xml", 64, 64, object("cat", 1, 1, 9, 9));
    fixture.file("ImageSets/Main/train.txt", "a");
    fixture.file("ImageSets/Main/val.txt", "cut");
    var text = new StringWriter();

    int problems = LabelCheck.run(folder, new PrintWriter(text));

    assertThat(problems).isEqualTo(2);
    assertThat(text.toString().lines())
        .containsExactly(
            "Annotations/a.xml:15: object 2 (dog): width 0 (xmin 4, xmax 4); must be > 0",
            "JPEGImages/cut.jpg: cannot be decoded: Corrupt JPEG data: premature end of"
                + " data segment",
            "",
            "2 images: 1 training, 0 validation, 0 held out, 1 skipped",
            "4 boxes: 1 used, 1 ignored, 2 skipped",
            "         0  cat",
            "         1  dog",
            "problems: 2");
  }

  @Test
  void isContentWithGoodLabels() {
    var fixture = new Fixture(folder);
    fixture.image("images/a.png", 40, 20);
    fixture.file("labels/a.txt", "0 0.5 0.5 0.5 0.5");
    fixture.file("classes.txt", "dog");
    var text = new StringWriter();

    assertThat(LabelCheck.run(folder, new PrintWriter(text))).isZero();
    assertThat(text.toString()).endsWith("no problems" + System.lineSeparator());
  }

  /** Noise compresses badly, so that half the file is half the picture. */
  private static BufferedImage noise() {
    var random = new SplittableRandom(5);
    var picture = new BufferedImage(64, 64, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < 64 * 64; i++) {
      picture.setRGB(i % 64, i / 64, random.nextInt(1 << 24));
    }
    return picture;
  }
}
