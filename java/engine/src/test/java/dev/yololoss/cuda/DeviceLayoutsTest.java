package dev.yololoss.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.yololoss.layout.StepLayouts;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Structures of the kernels as a compiler laid them out, against those that Java writes. */
@OnEmulatedDevice
class DeviceLayoutsTest {
  private static final List<StructLayout> STRUCTS =
      List.of(
          DeviceLayouts.GRID,
          DeviceLayouts.ELEMENTS,
          DeviceLayouts.TABLE,
          DeviceLayouts.POSITIVE,
          DeviceLayouts.LAYER,
          DeviceLayouts.CARRIED,
          DeviceLayouts.PLAN,
          DeviceLayouts.COUNTERS,
          DeviceLayouts.INPUT,
          DeviceLayouts.SIGMOID_BCE_OPTIONS);

  private static List<String> words(boolean numbers) {
    return Arrays.stream(Emulator.layout().trim().split(" "))
        .filter(word -> word.contains("=") == numbers)
        .toList();
  }

  @Test
  void everyFieldLiesWhereJavaWritesIt() {
    List<String> expected = new ArrayList<>();
    for (StructLayout struct : STRUCTS) {
      String type = struct.name().orElseThrow();
      expected.add(type + ":" + struct.byteSize());
      for (MemoryLayout field : struct.memberLayouts()) {
        field
            .name()
            .ifPresent(
                name ->
                    expected.add(
                        type
                            + "."
                            + name
                            + ":"
                            + StepLayouts.offset(struct, name)
                            + ":"
                            + field.byteSize()));
      }
    }
    assertThat(words(false)).containsExactlyInAnyOrderElementsOf(expected);
  }

  @Test
  void enumeratorsAndLimitsAreThoseOfJava() {
    assertThat(words(true))
        .containsExactly(
            "ClearMode.kNothing=" + ClearMode.NOTHING.ordinal(),
            "ClearMode.kWritten=" + ClearMode.WRITTEN.ordinal(),
            "ClearMode.kWhole=" + ClearMode.WHOLE.ordinal(),
            "device_step.kBlockThreads=" + Kernel.THREADS,
            "device_step.kTileCells=" + DeviceLayouts.TILE_CELLS,
            "device_step.kCandidatesPerBlock=" + DeviceLayouts.CANDIDATES_PER_BLOCK,
            "device_step.kMostDenseBlocks=" + DeviceLayouts.MOST_DENSE_BLOCKS,
            "device_step.kDenseFields=" + DeviceLayouts.DENSE_FIELDS,
            "device_step.kMatchFields=" + DeviceLayouts.MATCH_FIELDS);
  }
}
