package dev.yololoss.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * A kernel's arguments as {@code cuLaunchKernel} takes them: an array of pointers to the values.
 * Made once; values are changed in place.
 */
final class KernelArguments {
  private final List<MemoryLayout> types;
  private final List<MemorySegment> values;
  private final MemorySegment pointers;

  /**
   * @param arena of all of it; must outlive the last launch
   * @param types of the parameters, in order
   */
  KernelArguments(Arena arena, List<? extends MemoryLayout> types) {
    this.types = List.copyOf(types);
    this.values = this.types.stream().map(arena::allocate).toList();
    this.pointers = arena.allocate(ADDRESS, this.types.size());
    for (int n = 0; n < values.size(); n++) {
      pointers.setAtIndex(ADDRESS, n, values.get(n));
    }
  }

  /** Arguments that are all addresses of device memory. */
  static KernelArguments addresses(Arena arena, long... addresses) {
    KernelArguments arguments =
        new KernelArguments(
            arena, java.util.Arrays.stream(addresses).mapToObj(a -> JAVA_LONG).toList());
    for (int n = 0; n < addresses.length; n++) {
      arguments.set(n, addresses[n]);
    }
    return arguments;
  }

  KernelArguments set(int index, long value) {
    values.get(index).set(JAVA_LONG, 0, value);
    return this;
  }

  KernelArguments set(int index, int value) {
    values.get(index).set(JAVA_INT, 0, value);
    return this;
  }

  /** A structure's memory, to be written in place. */
  MemorySegment value(int index) {
    return values.get(index);
  }

  List<MemoryLayout> types() {
    return types;
  }

  /** {@code void**}. */
  MemorySegment pointers() {
    return pointers;
  }
}
