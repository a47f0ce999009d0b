package dev.yololoss.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.yololoss.spec.Anchor;
import dev.yololoss.trainer.data.LabelledBox;
import dev.yololoss.trainer.data.LabelledImage;
import java.util.List;
import org.junit.jupiter.api.Test;

class AnchorClustersTest {
  /** 200 x 100 pixels, of which a box of a tenth by a fifth is 20 x 20. */
  private static LabelledImage image(LabelledBox... boxes) {
    return new LabelledImage("image", () -> null, 200, 100, List.of(boxes));
  }

  private static LabelledBox box(double width, double height, boolean ignored) {
    return new LabelledBox(0, 0.5, 0.5, width, height, ignored);
  }

  @Test
  void findsTheShapesInPixelsOfTheNetworkSmallestFirst() {
    List<LabelledImage> images =
        List.of(
            image(box(0.5, 1, false), box(0.1, 0.2, false)),
            image(box(0.1, 0.2, false), box(0.9, 0.9, true)));
    AnchorClusters found = AnchorClusters.of(images, 400, 2, 1);
    assertThat(found.anchors()).containsExactly(new Anchor(40, 40), new Anchor(200, 200));
    assertThat(found.meanIoU()).isCloseTo(1, within(1e-12));
  }

  @Test
  void fewerShapesThanAnchorsStillGiveAllAnchors() {
    AnchorClusters found = AnchorClusters.of(List.of(image(box(0.1, 0.2, false))), 400, 3, 1);
    assertThat(found.anchors()).hasSize(3).containsOnly(new Anchor(40, 40));
  }

  @Test
  void noBoxIsAnError() {
    assertThatThrownBy(() -> AnchorClusters.of(List.of(image(box(1, 1, true))), 400, 3, 1))
        .isInstanceOf(TrainingException.class)
        .hasMessageContaining("no box");
  }
}
