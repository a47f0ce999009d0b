package dev.yololoss.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.awt.image.BufferedImage;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class GeneratedShapesTest {
  private static final long SEED = Long.getLong("seed", System.nanoTime());

  @Test
  void isTheSameForEqualSeeds() {
    DetectionDataSet one = new GeneratedShapes(5, 3, 64, 48, 9).dataSet();
    DetectionDataSet same = new GeneratedShapes(5, 3, 64, 48, 9).dataSet();
    DetectionDataSet other = new GeneratedShapes(5, 3, 64, 48, 10).dataSet();

    assertThat(one).isEqualTo(same);
    assertThat(one.training().get(2).source().decode().pixels())
        .isEqualTo(same.training().get(2).source().decode().pixels());
    assertThat(one.training().getFirst().boxes())
        .isNotEqualTo(other.training().getFirst().boxes())
        .isNotEqualTo(one.validation().getFirst().boxes());
  }

  @Test
  void holdsWhatWasAskedFor() {
    DetectionDataSet shapes = new GeneratedShapes(200, 40, 64, 48, 1).dataSet();

    assertThat(shapes.classes()).containsExactly("disc", "square", "triangle", "cross");
    assertThat(shapes.training()).hasSize(200);
    assertThat(shapes.validation()).hasSize(40);
    Books.assertBalanced(shapes);
    assertThat(shapes.report().usedByClass().values()).allMatch(count -> count > 100);
    for (LabelledImage image :
        Stream.concat(shapes.training().stream(), shapes.validation().stream()).toList()) {
      assertThat(image.boxes()).hasSizeBetween(1, 8);
      for (LabelledBox box : image.boxes()) {
        assertThat(box.left()).isGreaterThan(-1e-9);
        assertThat(box.top()).isGreaterThan(-1e-9);
        assertThat(box.right()).isLessThan(1 + 1e-9);
        assertThat(box.bottom()).isLessThan(1 + 1e-9);
      }
    }
  }

  @Test
  void drawsEachShapeUpToTheEdgesOfItsBox() {
    System.out.println("GeneratedShapesTest -Dseed=" + SEED);
    for (int index = 0; index < 60; index++) {
      var scene = new ShapeScene(200, 150, new ShapeScene.Stream(SEED, 0, index));
      for (PlacedShape shape : scene.draw().shapes()) {
        var picture = new BufferedImage(200, 150, BufferedImage.TYPE_3BYTE_BGR);
        shape.draw(Drawing.on(picture));
        assertTight(RgbImage.of(picture.getRaster()), shape.box(200, 150), shape);
      }
    }
  }

  private static void assertTight(RgbImage image, LabelledBox box, PlacedShape shape) {
    int left = image.width();
    int right = 0;
    int top = image.height();
    int bottom = 0;
    for (int i = 0; i < image.width() * image.height(); i++) {
      if ((image.pixels()[3 * i] | image.pixels()[3 * i + 1] | image.pixels()[3 * i + 2]) != 0) {
        left = Math.min(left, i % image.width());
        right = Math.max(right, i % image.width() + 1);
        top = Math.min(top, i / image.width());
        bottom = Math.max(bottom, i / image.width() + 1);
      }
    }
    // A sharp corner may end between two pixels.
    var tolerance = within(1.5);
    assertThat(box.left() * image.width()).as("%s", shape).isCloseTo(left, tolerance);
    assertThat(box.right() * image.width()).as("%s", shape).isCloseTo(right, tolerance);
    assertThat(box.top() * image.height()).as("%s", shape).isCloseTo(top, tolerance);
    assertThat(box.bottom() * image.height()).as("%s", shape).isCloseTo(bottom, tolerance);
  }

  @Test
  void overlapsOnlyALittle() {
    for (int index = 0; index < 60; index++) {
      List<PlacedShape> shapes =
          new ShapeScene(200, 150, new ShapeScene.Stream(2, 0, index)).draw().shapes();
      for (int i = 0; i < shapes.size(); i++) {
        for (int j = 0; j < i; j++) {
          assertThat(shapes.get(i).overlap(shapes.get(j))).isLessThanOrEqualTo(0.15);
        }
      }
    }
  }

  @Test
  void refusesSizesOutOfRange() {
    assertThatThrownBy(() -> new GeneratedShapes(1, 0, 31, 64, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("31 x 64 image; sides must be at least 32");
    assertThatThrownBy(() -> new GeneratedShapes(0, 0, 64, 64, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("0 training and 0 validation images; must be at least 1 and 0");
  }
}
