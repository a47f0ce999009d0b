package dev.yololoss.host;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.yololoss.EngineOptions;
import dev.yololoss.layout.StepLayouts;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NoSuchElementException;

/**
 * The functions of {@code yololoss.h}. Loaded once; if that fails the reasons are kept and told to
 * everyone who asks.
 */
public final class HostLibrary {
  private static final int ABI_VERSION = 2;
  private static final int MOST_THREADS = 1024;

  private static final class Holder {
    static final Loaded LOADED = load();
  }

  private record Loaded(HostLibrary library, List<String> reasons) {}

  final MethodHandle open;
  final MethodHandle close;
  final MethodHandle describe;
  final MethodHandle step;
  final MethodHandle decode;
  final MethodHandle openOperations;
  final MethodHandle closeOperations;
  final MethodHandle overlap;
  final MethodHandle sigmoidBce;
  private final MethodHandle lastError;
  private final MethodHandle layout;
  private final String origin;

  private HostLibrary(SymbolLookup symbols, String origin) {
    Functions functions = new Functions(symbols);
    this.origin = origin;
    open = functions.handle("yl_open", JAVA_INT, ADDRESS, ADDRESS, JAVA_INT, JAVA_INT, ADDRESS);
    close = functions.procedure("yl_close", ADDRESS);
    describe = functions.handle("yl_describe", ADDRESS, ADDRESS);
    step = functions.handle("yl_step", JAVA_INT, addresses(4 + 2 * StepLayouts.MAX_HEADS));
    decode = functions.handle("yl_decode", JAVA_INT, addresses(3 + StepLayouts.MAX_HEADS));
    openOperations = functions.handle("yl_open_operations", JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS);
    closeOperations = functions.procedure("yl_close_operations", ADDRESS);
    overlap =
        functions.handle(
            "yl_overlap",
            JAVA_INT,
            ADDRESS,
            JAVA_INT,
            JAVA_INT,
            JAVA_LONG,
            JAVA_INT,
            ADDRESS,
            JAVA_INT,
            ADDRESS,
            JAVA_INT,
            ADDRESS,
            JAVA_INT,
            ADDRESS);
    sigmoidBce =
        functions.handle(
            "yl_sigmoid_bce",
            JAVA_INT,
            ADDRESS,
            JAVA_LONG,
            JAVA_DOUBLE,
            JAVA_DOUBLE,
            JAVA_INT,
            ADDRESS,
            JAVA_INT,
            ADDRESS,
            JAVA_INT,
            ADDRESS,
            JAVA_INT,
            ADDRESS);
    lastError = functions.handle("yl_last_error", ADDRESS);
    layout = functions.handle("yl_layout", ADDRESS);
  }

  /** Why the library is not there; empty if it is. */
  public static List<String> reasons() {
    return Holder.LOADED.reasons;
  }

  /**
   * The library.
   *
   * @throws IllegalStateException if it is not there
   */
  static HostLibrary get() {
    if (Holder.LOADED.library == null) {
      throw new IllegalStateException(String.join("; ", Holder.LOADED.reasons));
    }
    return Holder.LOADED.library;
  }

  /** Where the library was found. */
  public static String origin() {
    return get().origin;
  }

  /** Structures as C++ has compiled them. */
  String layout() {
    return text(layout);
  }

  /** Turns a status into an exception. */
  void check(int status, String function) {
    if (status != 0) {
      String message = function + ": " + text(lastError);
      throw switch (status) {
        case 1 -> new IllegalArgumentException(message);
        case 2 -> new HostMemoryException(message);
        default -> new IllegalStateException(message);
      };
    }
  }

  private static String text(MethodHandle function) {
    try {
      return text((MemorySegment) function.invokeExact());
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  @SuppressWarnings("restricted") // texts of the library end with a zero
  static String text(MemorySegment address) {
    return address.reinterpret(Long.MAX_VALUE).getString(0);
  }

  /** Of options: this machine's cores as the JVM counts them, which knows a container's quota. */
  static int threads(EngineOptions options) {
    return options.threads() > 0
        ? options.threads()
        : Math.min(MOST_THREADS, Runtime.getRuntime().availableProcessors());
  }

  /** A downcall throws nothing of its own but errors. */
  static RuntimeException impossible(Throwable e) {
    if (e instanceof RuntimeException known) {
      return known;
    }
    if (e instanceof Error error) {
      throw error;
    }
    return new IllegalStateException(e);
  }

  private static Loaded load() {
    List<String> reasons = new ArrayList<>();
    for (HostLibraryPlace place : HostLibraryPlace.all()) {
      try {
        place.load();
        HostLibrary library = new HostLibrary(SymbolLookup.loaderLookup(), place.description());
        int version = abiVersion();
        if (version != ABI_VERSION) {
          reasons.add(
              place.description()
                  + " has ABI version "
                  + version
                  + "; this jar needs "
                  + ABI_VERSION);
          return new Loaded(null, List.copyOf(reasons));
        }
        return new Loaded(library, List.of());
      } catch (HostLibraryPlace.NotHere e) {
        reasons.add(e.getMessage());
        if (place.isRequired()) {
          return new Loaded(null, List.copyOf(reasons));
        }
      } catch (NoSuchElementException e) {
        // it stays loaded, and its symbols would be found before those of another
        reasons.add(place.description() + " is no library of YoloLoss: " + e.getMessage());
        return new Loaded(null, List.copyOf(reasons));
      } catch (IllegalCallerException e) {
        reasons.add(
            place.description()
                + ": this JVM denies native access; start it with --enable-native-access="
                + (HostLibrary.class.getModule().isNamed()
                    ? HostLibrary.class.getModule().getName()
                    : "ALL-UNNAMED"));
        return new Loaded(null, List.copyOf(reasons));
      }
    }
    return new Loaded(null, List.copyOf(reasons));
  }

  private static int abiVersion() {
    MethodHandle version =
        new Functions(SymbolLookup.loaderLookup()).handle("yl_abi_version", JAVA_INT);
    try {
      return (int) version.invokeExact();
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  private static MemoryLayout[] addresses(int count) {
    MemoryLayout[] layouts = new MemoryLayout[count];
    Arrays.fill(layouts, ADDRESS);
    return layouts;
  }

  @SuppressWarnings("restricted") // the descriptors are those of yololoss.h
  private record Functions(SymbolLookup symbols) {
    MethodHandle handle(String name, MemoryLayout result, MemoryLayout... arguments) {
      return Linker.nativeLinker()
          .downcallHandle(symbols.findOrThrow(name), FunctionDescriptor.of(result, arguments));
    }

    MethodHandle procedure(String name, MemoryLayout... arguments) {
      return Linker.nativeLinker()
          .downcallHandle(symbols.findOrThrow(name), FunctionDescriptor.ofVoid(arguments));
    }
  }
}
