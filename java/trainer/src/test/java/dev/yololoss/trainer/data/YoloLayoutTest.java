package dev.yololoss.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class YoloLayoutTest {
  @TempDir Path folder;
  private Fixture fixture;

  @BeforeEach
  void start() {
    fixture = new Fixture(folder);
  }

  private void split(String... rows) {
    fixture.file("classes.txt", "cat", "dog");
    fixture.image("images/train/a.png", 20, 10);
    fixture.image("images/val/b.png", 20, 10);
    fixture.file("labels/train/a.txt", rows);
    fixture.file("labels/val/b.txt", "0 0.5 0.5 0.1 0.1");
  }

  @Test
  void readsBoxesClassesAndSplit() {
    split("1 0.5 0.25 0.5 0.125", "", "  0\t0 1 0.5 2  ");
    fixture.image("images/test/c.png", 4, 4);
    fixture.file("labels/test/c.txt");

    DetectionDataSet dataSet = fixture.read();

    assertThat(dataSet.report().problems()).isEmpty();
    assertThat(dataSet.report().notes()).isEmpty();
    assertThat(dataSet.classes()).containsExactly("cat", "dog");
    LabelledImage image = dataSet.training().getFirst();
    assertThat(image.name()).isEqualTo("images/train/a.png");
    assertThat(image.width()).isEqualTo(20);
    assertThat(image.boxes())
        .containsExactly(
            new LabelledBox(1, 0.5, 0.25, 0.5, 0.125, false),
            new LabelledBox(0, 0, 1, 0.5, 2, false));
    assertThat(dataSet.validation()).hasSize(1);
    assertThat(dataSet.heldOut().getFirst().boxes()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "1 0.5 0.5 0 0.1| object 2 (dog): width 0; must be > 0",
        "1 0.5 0.5 0.1 -0.25| object 2 (dog): height -0.25; must be > 0",
        "1 0.5 0.5 1e60 0.1| object 2 (dog): width 1.0E60; must be > 0",
        "1 1.5 0.5 0.1 0.1"
            + "| object 2 (dog): centre (1.5, 0.5) outside the image; must be 0 to 1",
        "1 0.5 320 0.1 0.1"
            + "| object 2 (dog): centre (0.5, 320) outside the image; must be 0 to 1",
        "1 nan 0.5 0.1 0.1| object 2: centre x 'nan' is not a number",
        "1 0.5 NaN 0.1 0.1| object 2: centre y NaN; must be finite",
        "1 0.5 0.5 0.1 -Infinity| object 2: height -Infinity; must be finite",
        "2 0.5 0.5 0.1 0.1| object 2: class 2; must be 0 to 1 (classes.txt: cat, dog)",
        "-1 0.5 0.5 0.1 0.1| object 2: class -1; must be 0 to 1 (classes.txt: cat, dog)",
        "dog 0.5 0.5 0.1 0.1| object 2: class 'dog' is not a whole number",
        "1 0.5 0.5 0.1"
            + "| object 2: 4 values; must be 5: class, centre x, centre y, width, height",
        "1 0.5 0.5 0.1 0.1 0.9 0.9"
            + "| object 2: 7 values; must be 5: class, centre x, centre y, width, height",
      })
  void skipsABadRow(String row, String what) {
    split("0 0.5 0.5 0.1 0.1", "", row);

    assertThat(fixture.problems()).containsExactly("labels/train/a.txt:3: " + what);
    assertThat(fixture.read().report().skipped()).isEqualTo(1);
  }

  @Test
  void takesAnImageWithoutLabelFileAsBackgroundAndSaysSo() {
    split();
    fixture.image("images/train/bare.png", 5, 5);

    DetectionDataSet dataSet = fixture.read();

    assertThat(dataSet.training()).hasSize(2);
    assertThat(dataSet.report().problems()).isEmpty();
    assertThat(dataSet.report().notes())
        .containsExactly("1 of 2 images in images/train have no label file: taken as background");
  }

  @Test
  void namesLabelsWithoutImage() {
    split("1 0.5 0.5 0.1 0.1");
    fixture.file("labels/train/lost.txt", "0 0.5 0.5 0.1 0.1", "0 0.5 0.5 0.1 0.1");

    assertThat(fixture.problems())
        .containsExactly(
            "labels/train/lost.txt: labels without image: no lost.jpg (or .png, .bmp, .gif) in"
                + " images/train");
    assertThat(fixture.read().report().skipped()).isEqualTo(2);
  }

  @Test
  void namesALabelFileThatIsNoText() {
    split();
    fixture.bytes("labels/train/a.txt", new byte[] {(byte) 0xff, (byte) 0xfe});

    assertThat(fixture.problems())
        .singleElement()
        .asString()
        .startsWith("labels/train/a.txt: cannot be read as UTF-8 text");
  }

  @Test
  void splitsAFlatFolderBySeed() {
    for (int i = 0; i < 5; i++) {
      fixture.image("images/" + i + ".png", 4, 4);
      fixture.file("labels/" + i + ".txt", "0 0.5 0.5 0.5 0.5");
    }
    fixture.file("labels/classes.txt", "cat");

    DetectionDataSet dataSet = fixture.read();

    assertThat(dataSet.training()).hasSize(4);
    assertThat(dataSet.validation()).hasSize(1);
    assertThat(dataSet.report().notes())
        .containsExactly(
            "4 of 5 images train, 1 of 5 validates, drawn by seed 7: no images in images/val");
  }

  @Test
  void isNotTakenForCocoBecauseOfANote() {
    split("1 0.5 0.25 0.5 0.125");
    fixture.file("notes.json", "{\"categories\": []}");

    assertThat(fixture.read().training()).hasSize(1);
  }

  @Test
  void needsClassNames() {
    split();
    folder.resolve("classes.txt").toFile().delete();

    assertThatThrownBy(() -> fixture.read())
        .isInstanceOf(DataException.class)
        .hasMessageContaining(
            "no class names; looked for classes.txt, data.yaml, obj.names or labels/classes.txt");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "names: [cat, 'dog house', \"a, b\"] # three",
        "path: x\nnames:\n  - cat\n  - 'dog house'\n  - \"a, b\"\nnc: 3",
        "names:\n- cat\n- dog house # big\n- a, b",
        "nc: 3\nnames:\n  0: cat\n  1: dog house\n\n  2: 'a, b'\nval: x",
        "names: [ 'cat',\n  'dog house',\n  'a, b' ]",
        "{nc: 3, names: {0: cat, 1: dog house, 2: \"a, \\x62\"}}",
        "train:\n  names: [x]\n'names': # quoted key\n  - cat\n  - dog\n    house\n  - a, b",
      })
  void readsNamesFromYaml(String yaml) {
    split();
    folder.resolve("classes.txt").toFile().delete();
    fixture.file("data.yaml", yaml);

    assertThat(fixture.read().classes()).containsExactly("cat", "dog house", "a, b");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "nc: 3| data.yaml: has no entry 'names'",
        "names: names.txt| data.yaml:1: names must be [a, b], or '- a' or '0: a' a line",
        "names: []| data.yaml: names no class",
        "names: [a, [b]]| data.yaml:1: names must be [a, b], or '- a' or '0: a' a line",
        "names:| data.yaml:1: names must be [a, b], or '- a' or '0: a' a line",
        "names: [a, 'b]| data.yaml:1: not well-formed YAML: found unexpected end",
        "names: {0: a, 2: b}| data.yaml:1: class 2; must be 1, the classes count from 0",
        "names: [a, , b]| data.yaml:1: not well-formed YAML: expected the node content",
        "names: [a, '']| data.yaml: class 1 has no name",
        "names: [a\u0007]| data.yaml: not well-formed YAML: special characters are not allowed",
        "- names| data.yaml: has no entry 'names'",
        "names: [a, a]| data.yaml: class a is named twice",
      })
  void namesWhatIsWrongInYaml(String yaml, String what) {
    split();
    folder.resolve("classes.txt").toFile().delete();
    fixture.file("data.yaml", yaml);

    assertThatThrownBy(() -> fixture.read())
        .isInstanceOf(DataException.class)
        .hasMessageContaining(what);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "path: x\n\nnames:\n  0: cat\n  2: dog",
        "nc: 2\n# two\nnames:\n  - cat\n  - [dog]\n",
        "# names\n\nnames: [\n  cat,\n  @dog]\n",
      })
  void findsTheLineOfWhatIsWrongInYaml(String yaml) {
    split();
    folder.resolve("classes.txt").toFile().delete();
    fixture.file("data.yaml", yaml);

    assertThatThrownBy(() -> fixture.read())
        .isInstanceOf(DataException.class)
        .hasMessageContaining("data.yaml:5: ");
  }

  @Test
  void refusesAGapInTheClassNames() {
    split();
    fixture.file("classes.txt", "cat", "", "dog");

    assertThatThrownBy(() -> fixture.read())
        .isInstanceOf(DataException.class)
        .hasMessageEndingWith("classes.txt: class 1 has no name");
  }
}
