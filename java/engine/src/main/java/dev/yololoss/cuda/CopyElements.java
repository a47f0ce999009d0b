package dev.yololoss.cuda;

import dev.yololoss.HeadTensor;
import java.lang.foreign.MemorySegment;

/**
 * Copies the elements of a tensor into another of the same shape and type, and nothing that lies
 * between them.
 */
final class CopyElements {
  private final HeadTensor from;
  private final HeadTensor to;
  private final long bytes;

  private CopyElements(HeadTensor from, HeadTensor to) {
    this.from = from;
    this.to = to;
    this.bytes = from.type().bytes();
  }

  static void copy(HeadTensor from, HeadTensor to) {
    if (from.strides().equals(to.strides()) && to.isDense()) {
      MemorySegment.copy(from.memory(), 0, to.memory(), 0, to.spanBytes());
      return;
    }
    CopyElements copy = new CopyElements(from, to);
    for (int image = 0; image < to.images(); image++) {
      for (int anchor = 0; anchor < to.anchors(); anchor++) {
        copy.plane(image, anchor);
      }
    }
  }

  /** All elements of an image's anchor, in runs that are contiguous on both sides. */
  private void plane(int image, int anchor) {
    boolean rows = from.strides().column() == 1 && to.strides().column() == 1;
    boolean cells = from.strides().attribute() == 1 && to.strides().attribute() == 1;
    for (int row = 0; row < to.height(); row++) {
      if (rows) {
        for (int attribute = 0; attribute < to.attributes(); attribute++) {
          run(image, anchor, attribute, row, 0, to.width());
        }
        continue;
      }
      for (int column = 0; column < to.width(); column++) {
        if (cells) {
          run(image, anchor, 0, row, column, to.attributes());
          continue;
        }
        for (int attribute = 0; attribute < to.attributes(); attribute++) {
          run(image, anchor, attribute, row, column, 1);
        }
      }
    }
  }

  private void run(int image, int anchor, int attribute, int row, int column, long elements) {
    MemorySegment.copy(
        from.memory(),
        from.index(image, anchor, attribute, row, column) * bytes,
        to.memory(),
        to.index(image, anchor, attribute, row, column) * bytes,
        elements * bytes);
  }
}
