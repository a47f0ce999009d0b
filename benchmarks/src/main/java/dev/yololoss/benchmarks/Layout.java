package dev.yololoss.benchmarks;

import dev.yololoss.ElementType;
import dev.yololoss.HeadTensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** The order of a head's values in memory. */
public enum Layout {
  /** As a convolution gives it: each attribute is a plane. */
  NCHW {
    @Override
    HeadTensor over(MemorySegment memory, ElementType type, Shape s) {
      return HeadTensor.nchw(memory, type, s.images, s.anchors, s.attributes, s.height, s.width);
    }

    @Override
    int attribute(long element, Shape s) {
      return (int) (element / ((long) s.height * s.width) % s.attributes);
    }
  },
  /** As yolov5 permutes it: the attributes of a cell side by side. */
  ATTRIBUTE_LAST {
    @Override
    HeadTensor over(MemorySegment memory, ElementType type, Shape s) {
      return HeadTensor.attributeLast(
          memory, type, s.images, s.anchors, s.attributes, s.height, s.width);
    }

    @Override
    int attribute(long element, Shape s) {
      return (int) (element % s.attributes);
    }
  };

  /** A head's sizes. */
  record Shape(int images, int anchors, int attributes, int height, int width) {
    long elements() {
      return (long) images * anchors * attributes * height * width;
    }
  }

  abstract HeadTensor over(MemorySegment memory, ElementType type, Shape shape);

  /** Which attribute the n-th element in memory is. */
  abstract int attribute(long element, Shape shape);

  HeadTensor allocate(Arena arena, ElementType type, Shape shape) {
    return over(arena.allocate(shape.elements() * type.bytes(), 64), type, shape);
  }
}
