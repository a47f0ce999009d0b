package dev.yololoss.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Path;

/** The switches of the emulated driver: {@code emulator.h}. */
final class Emulator {
  private static final class Library {
    static final SymbolLookup LOADED = library();
  }

  private Emulator() {}

  /** Whether the driver is the emulated one. */
  static boolean isInUse() {
    return System.getProperty(DriverLibrary.PROPERTY) != null
        && Library.LOADED.find("yl_emulator_reset").isPresent();
  }

  @SuppressWarnings("restricted") // loading a library is what this is for
  private static SymbolLookup library() {
    Path file = Path.of(System.getProperty(DriverLibrary.PROPERTY)).toAbsolutePath();
    return SymbolLookup.libraryLookup(file, Arena.global());
  }

  /**
   * Everything as when the library was loaded; what engines still hold is dead. A real device stays
   * as it is.
   */
  static void reset() {
    if (isInUse()) {
      call("yl_emulator_reset", FunctionDescriptor.ofVoid());
    }
  }

  static void set(String setting, long value) {
    try (Arena arena = Arena.ofConfined()) {
      Object known =
          call(
              "yl_emulator_set",
              FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG),
              arena.allocateFrom(setting),
              value);
      assertThat(known).as(setting).isEqualTo(1);
    }
  }

  /** Lets a driver function fail in its next calls but {@code skip}. */
  static void failCall(String function, long skip, long times, int status) {
    try (Arena arena = Arena.ofConfined()) {
      call(
          "yl_emulator_fail_call",
          FunctionDescriptor.ofVoid(ADDRESS, JAVA_LONG, JAVA_LONG, JAVA_INT),
          arena.allocateFrom(function),
          skip,
          times,
          status);
    }
  }

  /** Lets a kernel fail on the device in its next run but {@code skip}. */
  static void failKernel(String kernel, long skip, int status) {
    try (Arena arena = Arena.ofConfined()) {
      call(
          "yl_emulator_fail_kernel",
          FunctionDescriptor.ofVoid(ADDRESS, JAVA_LONG, JAVA_INT),
          arena.allocateFrom(kernel),
          skip,
          status);
    }
  }

  static void hideKernel(String kernel) {
    try (Arena arena = Arena.ofConfined()) {
      call(
          "yl_emulator_hide_kernel",
          FunctionDescriptor.ofVoid(ADDRESS),
          arena.allocateFrom(kernel));
    }
  }

  /** How often a driver function was called. */
  static long calls(String function) {
    try (Arena arena = Arena.ofConfined()) {
      return (long)
          call(
              "yl_emulator_calls",
              FunctionDescriptor.of(JAVA_LONG, ADDRESS),
              arena.allocateFrom(function));
    }
  }

  /** How much work waits. */
  static long pending() {
    return (long) call("yl_emulator_pending", FunctionDescriptor.of(JAVA_LONG));
  }

  static String layout() {
    return text(call("yl_emulator_layout", FunctionDescriptor.of(ADDRESS)));
  }

  /** Fails if anything is left over, or if work has broken a rule. A real device is not asked. */
  static void requireClean() {
    if (!isInUse()) {
      return;
    }
    long faults = (long) call("yl_emulator_check", FunctionDescriptor.of(JAVA_LONG));
    if (faults > 0) {
      throw new AssertionError(
          "faults on the emulated device: "
              + text(call("yl_emulator_fault", FunctionDescriptor.of(ADDRESS, JAVA_LONG), 0L)));
    }
    assertThat(held()).isEmpty();
  }

  /** How much of whatever kind the driver has given out and not got back. */
  static long heldCount() {
    return (long) call("yl_emulator_leak_count", FunctionDescriptor.of(JAVA_LONG));
  }

  /** What the driver has given out and not got back. */
  static String held() {
    return text(call("yl_emulator_leaks", FunctionDescriptor.of(ADDRESS)));
  }

  @SuppressWarnings("restricted") // the descriptors are those of emulator.h
  private static Object call(String name, FunctionDescriptor descriptor, Object... arguments) {
    try {
      return Linker.nativeLinker()
          .downcallHandle(Library.LOADED.findOrThrow(name), descriptor)
          .invokeWithArguments(arguments);
    } catch (Throwable e) {
      throw new AssertionError(name, e);
    }
  }

  @SuppressWarnings("restricted") // texts of the library end with a zero
  private static String text(Object address) {
    return ((MemorySegment) address).reinterpret(Long.MAX_VALUE).getString(0);
  }
}
