package dev.yololoss;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Ways in which a head's values can lie in memory. */
public enum TensorLayout {
  /** Contiguous, as a convolution gives it. */
  NCHW,
  /** Contiguous, attributes of a cell side by side. */
  ATTRIBUTE_LAST,
  /** NCHW with three elements between the rows. */
  PADDED_ROWS,
  /** One head of several in a buffer {@code [image][box of any head][attribute]}. */
  CONCATENATED_HEADS;

  private static final int PAD = 3;
  private static final int FOREIGN_BOXES = 4;

  /** A tensor amid memory that is not its own, all bytes of which are {@code filling}. */
  public GuardedTensor allocate(
      ElementType type,
      int images,
      int anchors,
      int attributes,
      int height,
      int width,
      byte filling) {
    long row = width + PAD;
    long boxes = (long) anchors * height * width;
    long elements =
        switch (this) {
          case NCHW, ATTRIBUTE_LAST -> images * boxes * attributes;
          case PADDED_ROWS -> images * anchors * attributes * height * row;
          case CONCATENATED_HEADS -> images * (boxes + FOREIGN_BOXES) * attributes;
        };
    long before = 5L * type.bytes();
    MemorySegment buffer =
        Arena.ofAuto().allocate(2 * before + elements * type.bytes(), type.bytes());
    buffer.fill(filling);
    MemorySegment own = buffer.asSlice(before, elements * type.bytes());
    HeadTensor tensor =
        switch (this) {
          case NCHW -> HeadTensor.nchw(own, type, images, anchors, attributes, height, width);
          case ATTRIBUTE_LAST ->
              HeadTensor.attributeLast(own, type, images, anchors, attributes, height, width);
          case PADDED_ROWS ->
              new HeadTensor(
                  own,
                  type,
                  images,
                  anchors,
                  attributes,
                  height,
                  width,
                  new HeadTensor.Strides(
                      anchors * attributes * height * row,
                      attributes * height * row,
                      height * row,
                      row,
                      1));
          case CONCATENATED_HEADS ->
              new HeadTensor(
                  own,
                  type,
                  images,
                  anchors,
                  attributes,
                  height,
                  width,
                  new HeadTensor.Strides(
                      (boxes + FOREIGN_BOXES) * attributes,
                      (long) height * width * attributes,
                      1,
                      (long) width * attributes,
                      attributes));
        };
    return new GuardedTensor(buffer, tensor, filling);
  }
}
