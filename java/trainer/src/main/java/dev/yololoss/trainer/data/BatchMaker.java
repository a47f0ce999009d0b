package dev.yololoss.trainer.data;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/** Makes the batches of one epoch, any of them in any order. Not safe for use by two threads. */
final class BatchMaker {
  // Streams of items count from 0.
  private static final long SHUFFLE = -1;

  private final List<LabelledImage> images;
  private final BatchOptions options;
  private final InputSizes sizes;
  private final long seed;
  private final int epoch;
  private final int[] order;
  private final ImageScaler scaler = new ImageScaler();

  BatchMaker(
      List<LabelledImage> images, BatchOptions options, InputSizes sizes, long seed, int epoch) {
    this.images = List.copyOf(images);
    this.options = options;
    this.sizes = sizes;
    this.seed = seed;
    this.epoch = epoch;
    this.order = order();
  }

  private int[] order() {
    if (options.purpose() == BatchOptions.Purpose.TRAINING) {
      return RandomStreams.permutation(images.size(), RandomStreams.of(seed, epoch, SHUFFLE));
    }
    int[] order = new int[images.size()];
    for (int i = 0; i < order.length; i++) {
      order[i] = i;
    }
    return order;
  }

  int batches() {
    return options.batches(images.size());
  }

  Batch make(int batch) {
    int first = batch * options.batchSize();
    int count = Math.min(options.batchSize(), images.size() - first);
    ScaledImages scaled = sizes.draw(seed, epoch, batch);
    int size = scaled.size();
    float[] pixels = new float[Math.multiplyExact(count, 3 * size * size)];
    List<Painted> painted = new ArrayList<>();
    List<LabelledImage> sources = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int item = order[first + i];
      painted.add(paint(item, scaled, pixels, i * 3 * size * size));
      sources.add(images.get(item));
    }
    return new Batch(
        count,
        size,
        pixels,
        painted.stream().map(Painted::boxes).toList(),
        painted.stream().map(Painted::labels).toList(),
        List.copyOf(sources));
  }

  /** The boxes of an image in its batch, and where they stand in the image's own list. */
  private record Painted(List<LabelledBox> boxes, List<Integer> labels) {}

  private Painted paint(int item, ScaledImages scaled, float[] pixels, int offset) {
    LabelledImage image = images.get(item);
    SplittableRandom random = RandomStreams.of(seed, epoch, item);
    Augmentation augmentation = options.augmentation();
    var letterbox = new Letterbox(image.width(), image.height(), scaled.size());
    Placement place = augmentation.place(letterbox.placement(), random);
    scaler.paint(scaled.get(image, scaler), place, augmentation.colour(random), pixels, offset);
    return placed(image.boxes(), place);
  }

  private Painted placed(List<LabelledBox> labelled, Placement place) {
    List<LabelledBox> boxes = new ArrayList<>();
    List<Integer> labels = new ArrayList<>();
    for (int label = 0; label < labelled.size(); label++) {
      LabelledBox box = labelled.get(label);
      if (options.purpose() == BatchOptions.Purpose.TRAINING && box.ignored()) {
        continue;
      }
      Optional<LabelledBox> seen = options.augmentation().box(box, place);
      if (seen.isPresent()) {
        boxes.add(seen.get());
        labels.add(label);
      }
    }
    return new Painted(List.copyOf(boxes), List.copyOf(labels));
  }
}
