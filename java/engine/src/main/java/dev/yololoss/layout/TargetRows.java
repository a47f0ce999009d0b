package dev.yololoss.layout;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.yololoss.Targets;
import java.lang.foreign.MemorySegment;

/** Writes targets as the structure that C++ reads, in the caller's order. */
public final class TargetRows {
  private static final long IMAGE = StepLayouts.offset(StepLayouts.TARGET, "image");
  private static final long CATEGORY = StepLayouts.offset(StepLayouts.TARGET, "category");
  private static final long CX = StepLayouts.offset(StepLayouts.TARGET, "cx");
  private static final long CY = StepLayouts.offset(StepLayouts.TARGET, "cy");
  private static final long W = StepLayouts.offset(StepLayouts.TARGET, "w");
  private static final long H = StepLayouts.offset(StepLayouts.TARGET, "h");

  private TargetRows() {}

  /**
   * Writes one structure a target.
   *
   * @param memory with room for all of them
   * @param first the first one's offset in bytes
   */
  public static void write(MemorySegment memory, long first, Targets targets) {
    for (int row = 0; row < targets.size(); row++) {
      long at = first + row * StepLayouts.TARGET.byteSize();
      memory.set(JAVA_INT, at + IMAGE, targets.image(row));
      memory.set(JAVA_INT, at + CATEGORY, targets.category(row));
      memory.set(JAVA_DOUBLE, at + CX, targets.centreX(row));
      memory.set(JAVA_DOUBLE, at + CY, targets.centreY(row));
      memory.set(JAVA_DOUBLE, at + W, targets.width(row));
      memory.set(JAVA_DOUBLE, at + H, targets.height(row));
    }
  }
}
