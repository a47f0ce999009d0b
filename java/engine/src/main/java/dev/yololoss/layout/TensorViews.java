package dev.yololoss.layout;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.yololoss.HeadTensor;
import java.lang.foreign.MemorySegment;

/** Writes how a tensor lies in memory; where it lies is told elsewhere. */
public final class TensorViews {
  private static final long TYPE = StepLayouts.offset(StepLayouts.VIEW, "type");
  private static final long HEIGHT = StepLayouts.offset(StepLayouts.VIEW, "height");
  private static final long WIDTH = StepLayouts.offset(StepLayouts.VIEW, "width");
  private static final long IMAGE = StepLayouts.offset(StepLayouts.VIEW, "image_stride");
  private static final long ANCHOR = StepLayouts.offset(StepLayouts.VIEW, "anchor_stride");
  private static final long ATTRIBUTE = StepLayouts.offset(StepLayouts.VIEW, "attribute_stride");
  private static final long ROW = StepLayouts.offset(StepLayouts.VIEW, "row_stride");
  private static final long COLUMN = StepLayouts.offset(StepLayouts.VIEW, "column_stride");

  private TensorViews() {}

  /** Writes the view of a layer into an array of views that starts at {@code first}. */
  public static void write(MemorySegment memory, long first, int layer, HeadTensor tensor) {
    long at = first + layer * StepLayouts.VIEW.byteSize();
    memory.set(JAVA_INT, at + TYPE, tensor.type().ordinal());
    memory.set(JAVA_INT, at + HEIGHT, tensor.height());
    memory.set(JAVA_INT, at + WIDTH, tensor.width());
    HeadTensor.Strides strides = tensor.strides();
    memory.set(JAVA_LONG, at + IMAGE, strides.image());
    memory.set(JAVA_LONG, at + ANCHOR, strides.anchor());
    memory.set(JAVA_LONG, at + ATTRIBUTE, strides.attribute());
    memory.set(JAVA_LONG, at + ROW, strides.row());
    memory.set(JAVA_LONG, at + COLUMN, strides.column());
  }
}
