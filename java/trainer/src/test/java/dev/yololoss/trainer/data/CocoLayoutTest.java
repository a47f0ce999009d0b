package dev.yololoss.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CocoLayoutTest {
  private static final String CATEGORIES =
      "\"categories\": [{\"id\": 9, \"name\": \"dog\"}, {\"id\": 2, \"name\": \"cat\"}]";

  @TempDir Path folder;
  private Fixture fixture;

  @BeforeEach
  void start() {
    fixture = new Fixture(folder);
  }

  /** The n-th annotation stands on line n + 5. */
  private void split(String... annotations) {
    fixture.image("train2017/a.png", 40, 20);
    fixture.image("images/val2017/b.png", 40, 20);
    fixture.file(
        "annotations/instances_train2017.json",
        "{\"info\": {\"year\": 2017},",
        "\"images\": [",
        "{\"id\": 1, \"file_name\": \"a.png\", \"width\": 40, \"height\": 20}",
        "],",
        "\"annotations\": [",
        String.join(",\n", annotations),
        "],",
        CATEGORIES + "}");
    fixture.file(
        "annotations/instances_val2017.json",
        "{\"images\": [{\"id\": 1, \"file_name\": \"b.png\"}], \"annotations\": [],",
        CATEGORIES + "}");
    fixture.file("annotations/captions_val2017.json", "{}");
  }

  private static String annotation(int id, Object image, Object category, String box) {
    return "{\"id\": %d, \"image_id\": %s, \"category_id\": %s, \"bbox\": %s}"
        .formatted(id, image, category, box);
  }

  @Test
  void readsBoxesClassesAndSplit() {
    split(
        annotation(1, 1, 9, "[4, 5, 8, 10]"),
        "{\"segmentation\": [[1, 2]], \"iscrowd\": 1, \"image_id\": 1, \"category_id\": 2,"
            + " \"bbox\": [-4, 0, 10.5, 20]}");

    DetectionDataSet dataSet = fixture.read();

    assertThat(dataSet.report().problems()).isEmpty();
    assertThat(dataSet.report().notes()).isEmpty();
    assertThat(dataSet.classes()).containsExactly("cat", "dog");
    LabelledImage image = dataSet.training().getFirst();
    assertThat(image.name()).isEqualTo("train2017/a.png");
    assertThat(image.boxes())
        .containsExactly(
            new LabelledBox(1, 0.2, 0.5, 0.2, 0.5, false),
            new LabelledBox(0, 1.25 / 40, 0.5, 10.5 / 40, 1, true));
    assertThat(dataSet.validation().getFirst().boxes()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "1|9|[4, 5, 0, 10]| object 2 (dog): width 0; must be > 0",
        "1|9|[4, 5, 8, -1.5]| object 2 (dog): height -1.5; must be > 0",
        "1|9|[39, 5, 8, 10]| object 2 (dog): centre (43, 10) outside the 40 x 20 image",
        "1|9|[4, NaN, 8, 10]| object 2: bbox y NaN; must be finite",
        "1|9|[4, 5, \"wide\", 10]| object 2: bbox width 'wide' is not a number",
        "1|9|[4, 5, 8, null]| object 2: bbox height 'null' is not a number",
        "1|9|[4, 5, 8]| object 2: has a bbox of 3 values; must be [x, y, width, height]",
        "1|9|null| object 2: has no bbox; must be [x, y, width, height]",
        "1|3|[4, 5, 8, 10]| object 2: class 3; must be one of the ids [2, 9]",
        "1|-9|[4, 5, 8, 10]| object 2: class -9; must be one of the ids [2, 9]",
        "1|null|[4, 5, 8, 10]| object 2: has no category_id",
        "null|9|[4, 5, 8, 10]| object 2: has no image_id",
        "77|9|[4, 5, 8, 10]| object 2: image id 77 is not among the 1 images",
      })
  void skipsABadAnnotation(String image, String category, String box, String what) {
    split(annotation(1, 1, 2, "[0, 0, 8, 8]"), annotation(2, image, category, box));

    assertThat(fixture.problems())
        .containsExactly("annotations/instances_train2017.json:7: " + what);
    assertThat(fixture.read().report().skipped()).isEqualTo(1);
  }

  @Test
  void namesDuplicateIds() {
    split(annotation(5, 1, 2, "[0, 0, 8, 8]"), annotation(5, 1, 2, "[1, 1, 8, 8]"));
    fixture.file(
        "annotations/instances_val2017.json",
        "{\"images\": [{\"id\": 1, \"file_name\": \"b.png\"},",
        "{\"id\": 1, \"file_name\": \"c.png\"},",
        "{\"id\": 2, \"file_name\": \"b.png\"},",
        "{\"file_name\": \"d.png\"}],",
        "\"categories\": [{\"id\": 2, \"name\": \"cat\"},",
        "{\"id\": 9, \"name\": \"wolf\"}, {\"id\": \"x\", \"name\": \"y\"}]}");

    assertThat(fixture.problems())
        .containsExactly(
            "annotations/instances_train2017.json:7: object 2: annotation id 5 is already that of"
                + " object 1; must be unique",
            "annotations/instances_val2017.json:2: image id 1 is already that of b.png; must be"
                + " unique",
            "annotations/instances_val2017.json:3: image b.png is already listed in"
                + " annotations/instances_val2017.json",
            "annotations/instances_val2017.json:4: the image has no id",
            "annotations/instances_val2017.json:6: category id 9 is already dog; must be unique",
            "annotations/instances_val2017.json:6: the category must have a whole number as id,"
                + " and a name");
  }

  @Test
  void namesMalformedJson() {
    split(annotation(1, 1, 2, "[0, 0, 8, 8]"), "{\"id\": 2,, }");

    DetectionDataSet dataSet = fixture.read();

    assertThat(dataSet.report().problems())
        .singleElement()
        .asString()
        .startsWith("annotations/instances_train2017.json:7: not well-formed JSON: ")
        .contains("','");
    assertThat(dataSet.report().skipped()).isEqualTo(1);
  }

  @Test
  void namesJsonThatEndsEarlyOrIsSomethingElse() {
    split();
    fixture.file("annotations/instances_train2017.json", "{\"images\": [");
    fixture.file("annotations/instances_val2017.json", "[1, 2]");
    fixture.file("annotations/instances_more.json", "{\"images\": 3}");
    fixture.file("annotations/instances_most.json", "{\"images\": [3]}");

    assertThat(fixture.problems())
        .hasSize(4)
        .satisfiesExactly(
            more ->
                assertThat(more)
                    .isEqualTo("annotations/instances_more.json:1: images must be an array"),
            most ->
                assertThat(most)
                    .isEqualTo("annotations/instances_most.json:1: images must hold objects only"),
            train ->
                assertThat(train)
                    .startsWith("annotations/instances_train2017.json:2: not well-formed JSON: "),
            validation ->
                assertThat(validation)
                    .startsWith("annotations/instances_val2017.json:1: not an object with images"));
  }

  @Test
  void namesAMissingImageAndWhereItWasLookedFor() {
    split(annotation(1, 1, 2, "[0, 0, 8, 8]"));
    folder.resolve("train2017/a.png").toFile().delete();

    assertThat(fixture.problems())
        .containsExactly(
            "annotations/instances_train2017.json:3: image a.png is not there; looked for"
                + " [images/train2017/a.png, train2017/a.png, images/a.png, a.png,"
                + " annotations/a.png]");
    assertThat(fixture.read().report().skipped()).isEqualTo(1);
  }

  @Test
  void namesLabelsMadeForAnotherSize() {
    split(annotation(1, 1, 2, "[0, 0, 8, 8]"));
    fixture.image("train2017/a.png", 20, 40);

    assertThat(fixture.problems())
        .containsExactly(
            "annotations/instances_train2017.json:3: labelled as 40 x 20, but the image"
                + " train2017/a.png is 20 x 40");
  }

  @Test
  void splitsASingleFileBySeed() {
    var images = new StringBuilder();
    for (int i = 0; i < 5; i++) {
      fixture.image("photos/" + i + ".png", 4, 4);
      images
          .append(i == 0 ? "" : ",")
          .append("{\"id\": %d, \"file_name\": \"photos/%d.png\"}".formatted(i, i));
    }
    fixture.file("labels.json", "{\"images\": [" + images + "], " + CATEGORIES + "}");

    DetectionDataSet dataSet = fixture.read();

    assertThat(dataSet.training()).hasSize(4);
    assertThat(dataSet.validation()).hasSize(1);
    assertThat(dataSet.report().notes()).hasSize(1);
  }

  @Test
  void copesWithAnAbsoluteFileName() {
    split();
    fixture.file(
        "annotations/instances_val2017.json",
        "{\"images\": [{\"id\": 1, \"file_name\": \"/nowhere/b.png\"}]}");

    assertThat(fixture.problems())
        .singleElement()
        .asString()
        .contains("image /nowhere/b.png is not there");
  }
}
