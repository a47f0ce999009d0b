package dev.yololoss.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.yololoss.trainer.data.BatchOptions.Remainder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class BatchLoaderTest {
  private static final BatchOptions TRAINING =
      BatchOptions.training(4, Remainder.KEEP, Augmentation.standard());
  private static final LabelledBox BOX = new LabelledBox(0, 0.5, 0.5, 0.2, 0.2, false);
  private static final LabelledBox IGNORED = new LabelledBox(0, 0.4, 0.4, 0.2, 0.2, true);

  private static List<LabelledImage> shapes() {
    return new GeneratedShapes(10, 0, 48, 32, 4).dataSet().training();
  }

  private static List<Batch> all(BatchOptions options, ScaledImages scaled, long seed, int epoch) {
    List<Batch> batches = new ArrayList<>();
    try (var loader = BatchLoader.start(shapes(), options, scaled, seed, epoch)) {
      loader.forEachRemaining(batches::add);
    }
    return batches;
  }

  private static void assertSame(List<Batch> some, List<Batch> others) {
    assertThat(some).hasSameSizeAs(others);
    for (int i = 0; i < some.size(); i++) {
      assertThat(some.get(i).sources()).isEqualTo(others.get(i).sources());
      assertThat(some.get(i).boxes()).isEqualTo(others.get(i).boxes());
      assertThat(some.get(i).pixels()).containsExactly(others.get(i).pixels());
    }
  }

  @Test
  void repeatsItselfForEqualSeedsWithAndWithoutMemory() {
    var keeping = new ScaledImages(32, 1 << 20);
    var forgetting = new ScaledImages(32, 0);
    List<Batch> first = all(TRAINING, keeping, 1, 2);

    assertSame(first, all(TRAINING, keeping, 1, 2));
    assertSame(first, all(TRAINING, forgetting, 1, 2));
    assertThat(forgetting.usedBytes()).isZero();
    assertThat(keeping.usedBytes()).isEqualTo(10 * 32 * 21 * 3);
    assertThat(all(TRAINING, keeping, 2, 2).getFirst().pixels())
        .isNotEqualTo(first.getFirst().pixels());
    assertThat(all(TRAINING, keeping, 1, 3).getFirst().sources())
        .isNotEqualTo(first.getFirst().sources());
  }

  @Test
  void deliversEachImageOnce() {
    List<Batch> batches = all(TRAINING, new ScaledImages(32, 0), 1, 0);

    assertThat(batches).extracting(Batch::images).containsExactly(4, 4, 2);
    assertThat(batches).allMatch(batch -> batch.pixels().length == batch.images() * 3 * 32 * 32);
    assertThat(batches).allMatch(batch -> batch.boxes().size() == batch.images());
    assertThat(batches.stream().flatMap(batch -> batch.sources().stream()))
        .containsExactlyInAnyOrderElementsOf(shapes());
    for (Batch batch : batches) {
      for (float value : batch.pixels()) {
        assertThat(value >= 0 && value <= 1).isTrue();
      }
    }
  }

  @Test
  void dropsTheRemainderIfAsked() {
    var dropping = BatchOptions.training(4, Remainder.DROP, Augmentation.NONE);

    assertThat(all(dropping, new ScaledImages(32, 0), 1, 0))
        .extracting(Batch::images)
        .containsExactly(4, 4);
    assertThatThrownBy(
            () ->
                BatchLoader.start(shapes().subList(0, 3), dropping, new ScaledImages(32, 0), 1, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("3 images make no batch of 4");
  }

  @Test
  void evaluatesInOrderOnImagesAsTheyAre() {
    List<Batch> batches = all(BatchOptions.evaluation(4), new ScaledImages(32, 0), 1, 0);
    float[] expected = new float[3 * 32 * 32];
    LabelledImage first = shapes().getFirst();
    Letterbox letterbox = new ImageScaler().letterbox(first.source().decode(), 32, expected, 0);

    assertThat(batches.stream().flatMap(batch -> batch.sources().stream()))
        .containsExactlyElementsOf(shapes());
    assertThat(Arrays.copyOf(batches.getFirst().pixels(), expected.length))
        .containsExactly(expected);
    assertThat(batches.getFirst().boxes().getFirst())
        .containsExactlyElementsOf(first.boxes().stream().map(letterbox::toNetwork).toList());
  }

  @Test
  void leavesIgnoredBoxesOutOfTrainingOnly() {
    ImageSource black = () -> Fixture.black(8, 8);
    var images = List.of(new LabelledImage("a", black, 8, 8, List.of(BOX, IGNORED)));
    var scaled = new ScaledImages(8, 0);
    var plain = BatchOptions.training(1, Remainder.KEEP, Augmentation.NONE);

    try (var training = BatchLoader.start(images, plain, scaled, 1, 0);
        var evaluation = BatchLoader.start(images, BatchOptions.evaluation(1), scaled, 1, 0)) {
      assertThat(training.next().boxes()).containsExactly(List.of(BOX));
      assertThat(evaluation.next().boxes()).containsExactly(List.of(BOX, IGNORED));
    }
  }

  @Test
  void handsOnWhatWentWrong() {
    var cause = new DataException("photo.jpg: cannot be decoded: torn");
    ImageSource torn =
        () -> {
          throw cause;
        };
    List<LabelledImage> images = new ArrayList<>(shapes());
    images.add(new LabelledImage("photo", torn, 8, 8, List.of()));
    try (var loader =
        BatchLoader.start(images, BatchOptions.evaluation(1), new ScaledImages(32, 0), 1, 0)) {
      for (int i = 0; i < 10; i++) {
        loader.next();
      }
      assertThat(loader.hasNext()).isTrue();
      assertThatThrownBy(loader::next)
          .isInstanceOf(DataException.class)
          .hasMessage("loading a batch failed: photo.jpg: cannot be decoded: torn")
          .hasCause(cause);
      assertThatThrownBy(loader::next).isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void handsOnErrorsToo() {
    var cause = new StackOverflowError("deep");
    ImageSource deep =
        () -> {
          throw cause;
        };
    var images = List.of(new LabelledImage("a", deep, 8, 8, List.of()));
    try (var loader =
        BatchLoader.start(images, BatchOptions.evaluation(1), new ScaledImages(8, 0), 1, 0)) {
      assertThatThrownBy(loader::next).isInstanceOf(DataException.class).hasCause(cause);
    }
  }

  @Test
  void noticesThatAnImageHasChanged() {
    var images = List.of(new LabelledImage("a", () -> Fixture.black(8, 8), 8, 9, List.of()));
    try (var loader =
        BatchLoader.start(images, BatchOptions.evaluation(1), new ScaledImages(8, 0), 1, 0)) {
      assertThatThrownBy(loader::next)
          .hasMessageContaining("a: the image is 8 x 8 now, and was 8 x 9 when its labels were");
    }
  }

  @Test
  void stopsItsThreadWhenClosed() {
    var decoded = new AtomicInteger();
    ImageSource counted =
        () -> {
          decoded.incrementAndGet();
          return Fixture.black(8, 8);
        };
    List<LabelledImage> images =
        IntStream.range(0, 1000)
            .mapToObj(i -> new LabelledImage("i" + i, counted, 8, 8, List.of(BOX)))
            .toList();
    var loader =
        BatchLoader.start(images, BatchOptions.evaluation(1), new ScaledImages(8, 0), 1, 0);
    loader.next();

    loader.close();
    loader.close();

    assertThat(decoded.get()).isLessThan(10);
    assertThat(Thread.getAllStackTraces().keySet())
        .noneMatch(thread -> thread.getName().equals("batch-loader"));
    assertThatThrownBy(loader::next).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void endsAfterTheLastBatch() {
    try (var loader =
        BatchLoader.start(shapes(), BatchOptions.evaluation(10), new ScaledImages(8, 0), 1, 0)) {
      assertThat(loader.batches()).isEqualTo(1);
      loader.next();
      assertThat(loader.hasNext()).isFalse();
      assertThatThrownBy(loader::next).isInstanceOf(NoSuchElementException.class);
    }
  }

  @Test
  void refusesToEvaluateOnChangedImages() {
    assertThatThrownBy(
            () ->
                new BatchOptions(
                    BatchOptions.Purpose.EVALUATION, 4, Remainder.DROP, Augmentation.NONE))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
