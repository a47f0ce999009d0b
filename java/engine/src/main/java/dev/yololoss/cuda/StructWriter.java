package dev.yololoss.cuda;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.yololoss.layout.StepLayouts;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/** Writes fields of a structure by their names. */
record StructWriter(MemorySegment memory, StructLayout layout) {
  /** A structure inside the memory. */
  static StructWriter at(MemorySegment memory, long offset, StructLayout layout) {
    return new StructWriter(memory.asSlice(offset, layout), layout);
  }

  StructWriter put(String field, int value) {
    memory.set(JAVA_INT, StepLayouts.offset(layout, field), value);
    return this;
  }

  StructWriter put(String field, long value) {
    memory.set(JAVA_LONG, StepLayouts.offset(layout, field), value);
    return this;
  }

  StructWriter put(String field, double value) {
    memory.set(JAVA_DOUBLE, StepLayouts.offset(layout, field), value);
    return this;
  }

  /** The memory of a field. */
  MemorySegment field(String field) {
    return memory.asSlice(StepLayouts.offset(layout, field));
  }
}
