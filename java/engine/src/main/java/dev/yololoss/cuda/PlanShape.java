package dev.yololoss.cuda;

import dev.yololoss.HeadTensor;
import dev.yololoss.spec.Head;
import dev.yololoss.spec.LossSpec;
import java.util.ArrayList;
import java.util.List;

/**
 * How much work a step is: all that a plan depends on beside the loss.
 *
 * @param images the batch size
 * @param layers one per head
 * @param targetCapacity the most targets
 */
record PlanShape(int images, List<Layer> layers, int targetCapacity) {
  private static final int FIRST_CAPACITY = 64;
  private static final int NEIGHBOURS = 5;

  /** Bytes that are worth a block. */
  private static final int LEAST_CLEARED = 64 << 10;

  private static final int BLOCKS_PER_MULTIPROCESSOR = 8;

  /** Of {@code device_step.h}, what depends on shapes. */
  record Layer(
      int anchors,
      int height,
      int width,
      int slots,
      int candidatesPerTarget,
      int candidateCapacity,
      int tilesPerPlane,
      int tiles,
      int tilesPerBlock,
      int denseBlocks,
      int matchBlocks) {
    int tilesPerImage() {
      return anchors * tilesPerPlane;
    }
  }

  /**
   * The shape for a step.
   *
   * @param capacity that the engine has grown to
   */
  static PlanShape of(LossSpec spec, List<HeadTensor> predictions, int capacity) {
    int heads = predictions.size();
    long allTiles = 0;
    for (HeadTensor p : predictions) {
      allTiles += (long) p.images() * p.anchors() * tilesPerPlane(p);
    }
    int tilesPerBlock = Math.toIntExact(ceilDiv(allTiles, DeviceLayouts.MOST_DENSE_BLOCKS));
    List<Layer> layers = new ArrayList<>();
    for (int l = 0; l < heads; l++) {
      HeadTensor p = predictions.get(l);
      int perTarget = candidatesPerTarget(spec, spec.heads().heads().get(l));
      int candidates =
          Math.toIntExact(
              ceilDiv((long) perTarget * capacity, DeviceLayouts.CANDIDATES_PER_BLOCK)
                  * DeviceLayouts.CANDIDATES_PER_BLOCK);
      int tiles = p.images() * p.anchors() * tilesPerPlane(p);
      layers.add(
          new Layer(
              p.anchors(),
              p.height(),
              p.width(),
              Math.toIntExact(p.size() / p.attributes()),
              perTarget,
              candidates,
              tilesPerPlane(p),
              tiles,
              tilesPerBlock,
              Math.ceilDiv(tiles, tilesPerBlock),
              candidates / DeviceLayouts.CANDIDATES_PER_BLOCK));
    }
    return new PlanShape(predictions.getFirst().images(), List.copyOf(layers), capacity);
  }

  /**
   * The next capacity that is enough: doubling, so that it is seldom asked for. It never shrinks:
   * an engine keeps the memory for its largest step until it is closed.
   */
  static int capacityFor(int targets, int before) {
    int capacity = Math.max(before, FIRST_CAPACITY);
    while (capacity < targets) {
      capacity = Math.multiplyExact(capacity, 2);
    }
    return capacity;
  }

  boolean fits(List<HeadTensor> predictions, int targets) {
    if (targets > targetCapacity
        || predictions.size() != layers.size()
        || predictions.getFirst().images() != images) {
      return false;
    }
    for (int l = 0; l < layers.size(); l++) {
      if (predictions.get(l).height() != layers.get(l).height
          || predictions.get(l).width() != layers.get(l).width) {
        return false;
      }
    }
    return true;
  }

  int denseBlocks() {
    return layers.stream().mapToInt(Layer::denseBlocks).sum();
  }

  int matchBlocks() {
    return layers.stream().mapToInt(Layer::matchBlocks).sum();
  }

  int assignBlocks() {
    long candidates = layers.stream().mapToLong(Layer::candidateCapacity).sum();
    return Math.toIntExact(ceilDiv(candidates, Kernel.THREADS));
  }

  /**
   * As many blocks as fill the device, but none that would clear little.
   *
   * @param multiprocessors of the device
   */
  int clearBlocks(int attributes, int multiprocessors) {
    long bytes = layers.stream().mapToLong(l -> (long) Float.BYTES * attributes * l.slots).sum();
    return Math.clamp(bytes / LEAST_CLEARED, 1, BLOCKS_PER_MULTIPROCESSOR * multiprocessors);
  }

  private static int tilesPerPlane(HeadTensor p) {
    return Math.toIntExact(ceilDiv((long) p.height() * p.width(), DeviceLayouts.TILE_CELLS));
  }

  /** In how many ways a target may find a slot of a head. */
  private static int candidatesPerTarget(LossSpec spec, Head head) {
    int anchors = head.anchors().size();
    return switch (spec.assignment().rule()) {
      case BEST_ANCHOR_IN_CELL -> anchors;
      // the best anchor, and by iou_thresh each anchor of the pool; no overlap is above 1
      case BEST_SHAPE ->
          spec.assignment().extraIou() < 1
              ? anchors * (1 + spec.heads().anchors().size())
              : anchors;
      case SHAPE_RATIO, BEST_PREDICTION -> 1;
      case SHAPE_RATIO_WITH_NEIGHBOURS -> anchors * NEIGHBOURS;
    };
  }

  private static long ceilDiv(long a, long b) {
    return Math.ceilDiv(a, b);
  }
}
