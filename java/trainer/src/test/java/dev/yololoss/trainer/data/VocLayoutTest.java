package dev.yololoss.trainer.data;

import static dev.yololoss.trainer.data.Fixture.object;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VocLayoutTest {
  @TempDir Path folder;
  private Fixture fixture;

  @BeforeEach
  void start() {
    fixture = new Fixture(folder);
  }

  private void devkit(String... objects) {
    fixture.image("JPEGImages/a.jpg", 40, 20);
    fixture.image("JPEGImages/b.jpg", 40, 20);
    fixture.voc("Annotations/a.xml", 40, 20, objects);
    fixture.voc("Annotations/b.xml", 40, 20, object("cat", 0, 0, 8, 8));
    fixture.file("ImageSets/Main/train.txt", "a");
    fixture.file("ImageSets/Main/val.txt", "b");
  }

  @Test
  void readsBoxesClassesAndSplit() {
    devkit(object("dog", 4, 5, 12, 15), object("cat", 1, 0, 0, 40, 20));
    fixture.image("JPEGImages/c.jpg", 10, 10);
    fixture.voc("Annotations/c.xml", 10, 10);
    fixture.file("ImageSets/Main/test.txt", "c", "");

    DetectionDataSet dataSet = fixture.read();

    assertThat(dataSet.classes()).containsExactly("cat", "dog");
    assertThat(dataSet.training()).extracting(LabelledImage::name).containsExactly("a");
    assertThat(dataSet.validation()).extracting(LabelledImage::name).containsExactly("b");
    assertThat(dataSet.heldOut()).extracting(LabelledImage::name).containsExactly("c");
    LabelledImage image = dataSet.training().getFirst();
    assertThat(image.width()).isEqualTo(40);
    assertThat(image.height()).isEqualTo(20);
    assertThat(image.boxes())
        .containsExactly(
            new LabelledBox(1, 0.2, 0.5, 0.2, 0.5, false),
            new LabelledBox(0, 0.5, 0.5, 1, 1, true));
    LabelReport report = dataSet.report();
    assertThat(report.problems()).isEmpty();
    assertThat(report.notes()).isEmpty();
    assertThat(report.images()).isEqualTo(3);
    assertThat(report.boxes()).isEqualTo(3);
    assertThat(report.ignored()).isEqualTo(1);
    assertThat(report.usedByClass()).containsEntry("cat", 1).containsEntry("dog", 1);
  }

  @Test
  void usesABoxThatCrossesTheBorderAsItIs() {
    devkit(object("dog", -10, 0, 20, 20));

    DetectionDataSet dataSet = fixture.read();

    assertThat(dataSet.report().problems()).isEmpty();
    assertThat(dataSet.training().getFirst().boxes())
        .containsExactly(new LabelledBox(1, 0.125, 0.5, 0.75, 1, false));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "4|5|4|15| object 2 (dog): width 0 (xmin 4, xmax 4); must be > 0",
        "4|5|12|3| object 2 (dog): height -2 (ymin 5, ymax 3); must be > 0",
        "9|9|9|9"
            + "| object 2 (dog): width 0 (xmin 9, xmax 9) and height 0 (ymin 9, ymax 9); must be"
            + " > 0",
        "38|5|46|15| object 2 (dog): centre (42, 10) outside the 40 x 20 image",
        "4|-9.5|12|5| object 2 (dog): centre (8, -2.25) outside the 40 x 20 image",
        "NaN|5|12|15| object 2: xmin NaN; must be finite",
        "4|5|Infinity|15| object 2: xmax Infinity; must be finite",
        "4|five|12|15| object 2: ymin 'five' is not a number",
        "4|5|12|''| object 2: ymax '' is not a number",
      })
  void skipsABadBox(String xmin, String ymin, String xmax, String ymax, String what) {
    devkit(object("cat", 0, 0, 8, 8), object("dog", xmin, ymin, xmax, ymax));
    fixture.file("classes.txt", "cat", "dog");

    assertThat(fixture.problems()).containsExactly("Annotations/a.xml:15: " + what);
    assertThat(fixture.read().report().skipped()).isEqualTo(1);
    LabelProblem problem = fixture.read().report().problems().getFirst();
    assertThat(problem.file()).isEqualTo(Path.of("Annotations/a.xml"));
    assertThat(problem.line()).isEqualTo(15);
    assertThat(problem.object()).isEqualTo(2);
  }

  @Test
  void skipsObjectsWithoutNameOrBox() {
    devkit(
        "<object><bndbox><xmin>1</xmin></bndbox></object>",
        "<object><name>dog</name></object>",
        "<object><name>dog</name><bndbox><xmin>1</xmin></bndbox></object>",
        object("dog", 2, 1, 1, 5, 5));

    assertThat(fixture.problems())
        .containsExactly(
            "Annotations/a.xml:6: object 1: has no <name>",
            "Annotations/a.xml:7: object 2: has no <bndbox>",
            "Annotations/a.xml:8: object 3: <bndbox> has no <ymin>",
            "Annotations/a.xml:11: object 4: difficult '2'; must be 0 or 1");
  }

  @Test
  void leavesThePartsOfAnObjectAlone() {
    devkit(
        "<object><part><name>head</name><bndbox><xmin>1</xmin></bndbox></part>"
            + object("dog", 4, 5, 12, 15).substring("<object>".length()));

    assertThat(fixture.problems()).isEmpty();
    assertThat(fixture.read().classes()).containsExactly("cat", "dog");
  }

  @Test
  void namesAClassThatIsNotInTheList() {
    devkit(object("wolf", 4, 5, 12, 15));
    fixture.file("labels.txt", "dog", "cat", "");

    assertThat(fixture.read().classes()).containsExactly("dog", "cat");
    assertThat(fixture.problems())
        .containsExactly(
            "Annotations/a.xml:7: object 1: class wolf; must be one of dog, cat (labels.txt)");
  }

  @Test
  void namesMalformedXml() {
    devkit();
    fixture.file(
        "Annotations/a.xml", "<annotation>", object("dog", 4, 5, 12, 15), "<object></annotation>");

    DetectionDataSet dataSet = fixture.read();

    assertThat(dataSet.report().skipped()).isEqualTo(1);
    assertThat(dataSet.report().skippedImages()).isEqualTo(1);
    assertThat(dataSet.report().problems())
        .singleElement()
        .asString()
        .startsWith("Annotations/a.xml:8: not well-formed XML: ")
        .contains("object");
  }

  @Test
  void namesAnotherKindOfXml() {
    devkit();
    fixture.file("Annotations/a.xml", "<html/>");

    assertThat(fixture.problems())
        .containsExactly("Annotations/a.xml:1: root element <html>; must be <annotation>");
  }

  @Test
  void opensNoFileAnAnnotationPointsTo() {
    Path secret = fixture.file("secret.txt", "dog");
    devkit();
    fixture.file(
        "Annotations/a.xml",
        "<!DOCTYPE annotation [<!ENTITY s SYSTEM \"" + secret.toUri() + "\">]>",
        "<annotation><object><name>&s;</name></object></annotation>");

    assertThat(fixture.problems())
        .singleElement()
        .asString()
        .startsWith("Annotations/a.xml:2: not well-formed XML: ");
  }

  @Test
  void namesMissingFiles() {
    devkit();
    fixture.voc("Annotations/lost.xml", 4, 4, object("dog", 0, 0, 1, 1));
    fixture.image("JPEGImages/bare.jpg", 4, 4);
    fixture.image("JPEGImages/extra.jpg", 4, 4);
    fixture.file("ImageSets/Main/train.txt", "a", "lost", "bare");

    assertThat(fixture.problems())
        .containsExactly(
            "Annotations/lost.xml: annotation without image: no JPEGImages/lost.jpg (or .png, .bmp,"
                + " .gif)",
            "ImageSets/Main/train.txt:3: image bare has no annotation Annotations/bare.xml");
    assertThat(fixture.read().report().notes())
        .containsExactly("not read, being in no list of ImageSets/Main: 1 images");
  }

  @Test
  void doesNotValidateOnATrainingImage() {
    devkit();
    fixture.file("ImageSets/Main/val.txt", "b", "a", "b");

    assertThat(fixture.problems())
        .containsExactly(
            "ImageSets/Main/val.txt:2: image a is already listed in ImageSets/Main/train.txt:1",
            "ImageSets/Main/val.txt:3: image b is already listed in ImageSets/Main/val.txt:1");
    assertThat(fixture.read().validation()).hasSize(1);
  }

  @Test
  void namesLabelsMadeForAnotherSize() {
    devkit();
    fixture.voc("Annotations/a.xml", 20, 40, object("dog", 4, 5, 12, 15));

    assertThat(fixture.problems())
        .containsExactly(
            "Annotations/a.xml:4: labelled as 20 x 40, but the image JPEGImages/a.jpg is 40 x 20");
    assertThat(fixture.read().report().skipped()).isEqualTo(1);
  }

  @Test
  void takesASizeOfZeroAsUnknown() {
    devkit();
    fixture.voc("Annotations/a.xml", 0, 0, object("dog", 4, 5, 12, 15));

    assertThat(fixture.problems()).isEmpty();
  }

  @Test
  void namesAFileThatIsNoImage() {
    devkit(object("dog", 4, 5, 12, 15));
    fixture.file("JPEGImages/a.jpg", "no image");

    assertThat(fixture.problems())
        .containsExactly("JPEGImages/a.jpg: cannot be decoded: not a JPEG, PNG, BMP or GIF image");
    assertThat(fixture.read().report().skipped()).isEqualTo(1);
  }

  @Test
  void splitsAFlatFolderBySeed() {
    for (int i = 0; i < 10; i++) {
      fixture.image("images/i" + i + ".png", 10, 10);
      fixture.voc("annotations/i" + i + ".xml", 10, 10, object("dog", 1, 1, 5, 5));
    }
    fixture.image("images/i3.jpg", 10, 10);

    DetectionDataSet dataSet = fixture.read();

    assertThat(dataSet.training()).hasSize(8);
    assertThat(dataSet.validation()).hasSize(2);
    assertThat(dataSet).isEqualTo(fixture.read());
    assertThat(dataSet.report().notes())
        .containsExactly(
            "4 of 5 images train, 1 of 5 validates, drawn by seed 7: no train.txt and val.txt in"
                + " ImageSets/Main");
    assertThat(dataSet.report().problems())
        .extracting(LabelProblem::toString)
        .containsExactly("images/i3.png: has the same name as images/i3.jpg");
    assertThat(new DataSetReader(8, ImageCheck.HEADER).read(folder).validation())
        .isNotEqualTo(dataSet.validation());
  }

  @Test
  void splitsTheOnlyListThereIs() {
    devkit(object("dog", 4, 5, 12, 15));
    fixture.file("ImageSets/Main/train.txt", "a", "b");
    folder.resolve("ImageSets/Main/val.txt").toFile().delete();

    DetectionDataSet dataSet = fixture.read();

    assertThat(dataSet.training()).hasSize(1);
    assertThat(dataSet.validation()).hasSize(1);
    assertThat(dataSet.report().notes())
        .singleElement()
        .asString()
        .endsWith("only ImageSets/Main/train.txt lists images");
  }

  @Test
  void refusesToTrainOnNothing() {
    fixture.voc("Annotations/a.xml", 4, 4);
    fixture.file("JPEGImages/readme.txt", "no image");

    assertThatThrownBy(() -> DetectionDataSet.read(folder, 1))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("no usable training image")
        .hasMessageContaining("Annotations/a.xml: annotation without image");
  }
}
