package dev.yololoss;

import java.lang.foreign.MemorySegment;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A view of memory, of this machine or of a CUDA device, as one head's values: {@code
 * [image][anchor][attribute][row][column]}, whatever the order in memory. Attributes are x, y, w,
 * h, objectness and the classes. Used for raw outputs and for their gradients.
 *
 * @param place where element (0, 0, 0, 0, 0) stands first
 * @param type of the elements
 * @param images the batch size, at least 1
 * @param anchors at least 1
 * @param attributes 5 + classes, at least 6
 * @param height rows of the grid, at least 1
 * @param width columns of the grid, at least 1
 * @param strides distance of neighbours along each dimension, in elements
 */
public record HeadTensor(
    TensorMemory place,
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
      if (place.byteSize() < needed) {
        throw new TensorException(
            "the memory has "
                + place.byteSize()
                + " bytes; this shape and its strides need "
                + needed);
      }
    } catch (ArithmeticException e) {
      throw beyondMemory();
    }
  }

  /** A view of memory of this machine. */
  public HeadTensor(
      MemorySegment memory,
      ElementType type,
      int images,
      int anchors,
      int attributes,
      int height,
      int width,
      Strides strides) {
    this(new HostSegment(memory), type, images, anchors, attributes, height, width, strides);
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
    return nchw(new HostSegment(memory), type, images, anchors, attributes, height, width);
  }

  /** Contiguous {@code [images, anchors * attributes, height, width]}, wherever it lies. */
  public static HeadTensor nchw(
      TensorMemory place,
      ElementType type,
      int images,
      int anchors,
      int attributes,
      int height,
      int width) {
    long plane = (long) height * width;
    long anchor = product(attributes, plane);
    return new HeadTensor(
        place,
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
    return attributeLast(new HostSegment(memory), type, images, anchors, attributes, height, width);
  }

  /** Contiguous {@code [images, anchors, height, width, attributes]}, wherever it lies. */
  public static HeadTensor attributeLast(
      TensorMemory place,
      ElementType type,
      int images,
      int anchors,
      int attributes,
      int height,
      int width) {
    long row = (long) width * attributes;
    long anchor = product(height, row);
    return new HeadTensor(
        place,
        type,
        images,
        anchors,
        attributes,
        height,
        width,
        new Strides(product(anchors, anchor), anchor, 1, row, attributes));
  }

  /** A view of other memory of this machine in the same shape, order and type. */
  public HeadTensor over(MemorySegment other) {
    return over(new HostSegment(other));
  }

  /** A view of other memory in the same shape, order and type. */
  public HeadTensor over(TensorMemory other) {
    return new HeadTensor(other, type, images, anchors, attributes, height, width, strides);
  }

  /** A tensor of this shape, type and order of attributes without gaps. */
  public HeadTensor contiguousOver(TensorMemory other) {
    return hasAttributesLast()
        ? attributeLast(other, type, images, anchors, attributes, height, width)
        : nchw(other, type, images, anchors, attributes, height, width);
  }

  /** Whether a cell's attributes lie side by side. */
  boolean hasAttributesLast() {
    return strides.attribute == 1;
  }

  /** Whether the elements lie on a CUDA device, where Java cannot read them. */
  public boolean isOnDevice() {
    return place instanceof DevicePointer;
  }

  /**
   * The memory, where it is of this machine.
   *
   * @throws TensorException if it is that of a device
   */
  public MemorySegment memory() {
    return switch (place) {
      case HostSegment host -> host.segment();
      case DevicePointer device -> throw unreadable(device);
    };
  }

  /**
   * The address, where it is that of a device.
   *
   * @throws TensorException if it is memory of this machine
   */
  public DevicePointer pointer() {
    return switch (place) {
      case HostSegment _ -> throw new TensorException("the tensor lies in memory of this machine");
      case DevicePointer device -> device;
    };
  }

  private static TensorException unreadable(DevicePointer device) {
    return new TensorException(
        "the tensor lies at "
            + device
            + ", where Java cannot read it; copy it to memory of this machine by"
            + " LossEngine.copyToHost");
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
    return type.get(memory(), index(image, anchor, attribute, row, column));
  }

  /** Stores an element, rounded to nearest even; returns it as stored. */
  public double set(int image, int anchor, int attribute, int row, int column, double value) {
    return type.set(memory(), index(image, anchor, attribute, row, column), value);
  }

  /** Whether all dimensions are those of another tensor. */
  boolean hasShapeOf(HeadTensor other) {
    return images == other.images
        && anchors == other.anchors
        && attributes == other.attributes
        && height == other.height
        && width == other.width;
  }

  /** Bytes from the first element to behind the last. */
  public long spanBytes() {
    return (index(images - 1, anchors - 1, attributes - 1, height - 1, width - 1) + 1)
        * type.bytes();
  }

  /** Whether elements fill their span without gaps. */
  public boolean isDense() {
    return elementsStandApart() && spanBytes() == size() * type.bytes();
  }

  /** Whether the spans of two tensors share memory. */
  boolean sharesMemoryWith(HeadTensor other) {
    return switch (place) {
      case HostSegment(MemorySegment mine) ->
          other.place instanceof HostSegment(MemorySegment theirs)
              && mine.asSlice(0, spanBytes())
                  .asOverlappingSlice(theirs.asSlice(0, other.spanBytes()))
                  .isPresent();
      case DevicePointer mine ->
          other.place instanceof DevicePointer theirs
              && mine.device() == theirs.device()
              && Long.compareUnsigned(mine.address(), theirs.address() + other.spanBytes()) < 0
              && Long.compareUnsigned(theirs.address(), mine.address() + spanBytes()) < 0;
    };
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
