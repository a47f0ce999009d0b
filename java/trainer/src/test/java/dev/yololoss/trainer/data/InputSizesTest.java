package dev.yololoss.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class InputSizesTest {
  private static final List<LabelledImage> IMAGES =
      new GeneratedShapes(40, 0, 64, 48, 3).dataSet().training();
  private static final BatchOptions BATCHES =
      BatchOptions.training(2, BatchOptions.Remainder.KEEP, Augmentation.standard());

  private static List<Integer> sizes(long seed, int epoch) {
    List<Integer> sizes = new ArrayList<>();
    InputSizes drawn = InputSizes.of(List.of(32, 48, 64), 1 << 20);
    try (var loader = BatchLoader.start(IMAGES, BATCHES, drawn, seed, epoch)) {
      while (loader.hasNext()) {
        Batch batch = loader.next();
        assertThat(batch.pixels()).hasSize(batch.images() * 3 * batch.size() * batch.size());
        sizes.add(batch.size());
      }
    }
    return sizes;
  }

  @Test
  void eachBatchHasItsOwnSizeWhichSeedAndEpochDecide() {
    assertThat(sizes(1, 1)).containsOnly(32, 48, 64).contains(32, 48, 64).hasSize(20);
    assertThat(sizes(1, 1)).isEqualTo(sizes(1, 1)).isNotEqualTo(sizes(1, 2));
    assertThat(sizes(1, 1)).isNotEqualTo(sizes(2, 1));
  }

  @Test
  void theLabelsOfABatchAreKnownByTheirPlaceInTheImage() {
    try (var loader =
        BatchLoader.start(IMAGES, BATCHES, InputSizes.one(new ScaledImages(64, 1 << 20)), 1, 1)) {
      while (loader.hasNext()) {
        Batch batch = loader.next();
        for (int i = 0; i < batch.images(); i++) {
          assertThat(batch.labels().get(i)).hasSameSizeAs(batch.boxes().get(i)).isSorted();
          for (int box = 0; box < batch.boxes().get(i).size(); box++) {
            LabelledBox label = batch.sources().get(i).boxes().get(batch.labels().get(i).get(box));
            assertThat(batch.boxes().get(i).get(box).category()).isEqualTo(label.category());
          }
        }
      }
    }
  }

  @Test
  void noSizeIsAnError() {
    assertThatIllegalArgumentException().isThrownBy(() -> InputSizes.of(List.of(), 0));
  }
}
