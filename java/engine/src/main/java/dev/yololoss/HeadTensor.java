package dev.yololoss;

import java.lang.foreign.MemorySegment;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A view of memory as one head's values: {@code [image][anchor][attribute][row][column]}, whatever
 * the order in memory. Attributes are x, y, w, h, objectness and the classes. Used for raw outputs
 * and for their gradients.
 *
 * @param memory where element (0, 0, 0, 0, 0) stands first
 * @param type of the elements
 * @param images the batch size, at least 1
 * @param anchors at least 1
 * @param attributes 5 + classes, at least 6
 * @param height rows of the grid, at least 1
 * @param width columns of the grid, at least 1
 * @param strides distance of neighbours along each dimension, in elements
 */
public record HeadTensor(
    MemorySegment memory,
    ElementType type,
    int images,
    int anchors,
    int attributes,
    int height,
    int width,
    Strides strides) {
  /** Distances in elements, each at least 1. */
  public record Strides(long image, long anchor, long attribute, long row, long column) {}

  public HeadTensor {
    atLeast("images", images, 1);
    atLeast("anchors", anchors, 1);
    atLeast("attributes", attributes, 6);
    atLeast("height", height, 1);
    atLeast("width", width, 1);
    long[] steps = {strides.image, strides.anchor, strides.attribute, strides.row, strides.column};
    for (long step : steps) {
      if (step < 1) {
        throw new TensorException("a stride is " + step + "; must be at least 1");
      }
    }
    try {
      int[] sizes = {images, anchors, attributes, height, width};
      long last = 0;
      for (int i = 0; i < sizes.length; i++) {
        last = Math.addExact(last, Math.multiplyExact(sizes[i] - 1L, steps[i]));
      }
      long needed = Math.multiplyExact(last + 1, (long) type.bytes());
      if (memory.byteSize() < needed) {
        throw new TensorException(
            "the memory has "
                + memory.byteSize()
                + " bytes; this shape and its strides need "
                + needed);
      }
    } catch (ArithmeticException e) {
      throw beyondMemory();
    }
  }

  /** Contiguous {@code [images, anchors * attributes, height, width]}: what a convolution gives. */
  public static HeadTensor nchw(
      MemorySegment memory,
      ElementType type,
      int images,
      int anchors,
      int attributes,
      int height,
      int width) {
    long plane = (long) height * width;
    long anchor = product(attributes, plane);
    return new HeadTensor(
        memory,
        type,
        images,
        anchors,
        attributes,
        height,
        width,
        new Strides(product(anchors, anchor), anchor, plane, width, 1));
  }

  /** Contiguous {@code [images, anchors, height, width, attributes]}. */
  public static HeadTensor attributeLast(
      MemorySegment memory,
      ElementType type,
      int images,
      int anchors,
      int attributes,
      int height,
      int width) {
    long row = (long) width * attributes;
    long anchor = product(height, row);
    return new HeadTensor(
        memory,
        type,
        images,
        anchors,
        attributes,
        height,
        width,
        new Strides(product(anchors, anchor), anchor, 1, row, attributes));
  }

  /** A view of other memory in the same shape, order and type. */
  public HeadTensor over(MemorySegment other) {
    return new HeadTensor(other, type, images, anchors, attributes, height, width, strides);
  }

  /** The number of elements. */
  public long size() {
    return (long) images * anchors * attributes * height * width;
  }

  /** Where an element stands, in elements from the start. */
  public long index(int image, int anchor, int attribute, int row, int column) {
    return image * strides.image
        + anchor * strides.anchor
        + attribute * strides.attribute
        + row * strides.row
        + column * strides.column;
  }

  /** An element, widened. */
  public double get(int image, int anchor, int attribute, int row, int column) {
    return type.get(memory, index(image, anchor, attribute, row, column));
  }

  /** Stores an element, rounded to nearest even; returns it as stored. */
  public double set(int image, int anchor, int attribute, int row, int column, double value) {
    return type.set(memory, index(image, anchor, attribute, row, column), value);
  }

  /** Whether all dimensions are those of another tensor. */
  boolean hasShapeOf(HeadTensor other) {
    return images == other.images
        && anchors == other.anchors
        && attributes == other.attributes
        && height == other.height
        && width == other.width;
  }

  /** The memory from the first element to the last. */
  MemorySegment span() {
    long last = index(images - 1, anchors - 1, attributes - 1, height - 1, width - 1);
    return memory.asSlice(0, (last + 1) * type.bytes());
  }

  /** Whether no two elements share memory: each stride steps over all that smaller ones reach. */
  boolean elementsStandApart() {
    record Step(long stride, int size) {}
    List<Step> byStride =
        Stream.of(
                new Step(strides.image, images),
                new Step(strides.anchor, anchors),
                new Step(strides.attribute, attributes),
                new Step(strides.row, height),
                new Step(strides.column, width))
            .filter(step -> step.size > 1)
            .sorted(Comparator.comparingLong(Step::stride))
            .toList();
    long reach = 0;
    for (Step step : byStride) {
      if (step.stride <= reach) {
        return false;
      }
      reach += (step.size - 1) * step.stride;
    }
    return true;
  }

  /** The shape in words, without the memory. */
  public String shape() {
    return "["
        + images
        + ", "
        + anchors
        + " x "
        + attributes
        + ", "
        + height
        + ", "
        + width
        + "] "
        + type;
  }

  /** A stride; sizes below 1 are refused with the tensor itself, so they only must not overflow. */
  private static long product(long size, long stride) {
    try {
      return Math.multiplyExact(size, stride);
    } catch (ArithmeticException e) {
      throw beyondMemory();
    }
  }

  private static TensorException beyondMemory() {
    return new TensorException("the shape and its strides reach beyond 2^63 bytes");
  }

  private static void atLeast(String what, int value, int least) {
    if (value < least) {
      throw new TensorException(what + " is " + value + "; must be at least " + least);
    }
  }
}
