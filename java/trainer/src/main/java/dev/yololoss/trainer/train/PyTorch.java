package dev.yololoss.trainer.train;

import ai.djl.engine.Engine;
import ai.djl.pytorch.jni.JniUtils;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** Loads PyTorch the way a run wants it. */
final class PyTorch {
  static final String NAME = "PyTorch";

  private static final int KEEP_WHAT_IS_SET = 0;

  private PyTorch() {}

  /** Loads it, if that was not done, and lets it use every core. */
  static void start() {
    // Its library is among the jars; DJL is to look nowhere else, and to report to nobody.
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("OPT_OUT_TRACKING", "true");
    // Its threads would spin while they wait for each other, on cores that the batch loader and
    // other programs could use: beside those a step takes several times as long.
    setEnvironment("OMP_WAIT_POLICY", "passive");
    Engine.getEngine(NAME);
    JniUtils.setNumThreads(Runtime.getRuntime().availableProcessors());
  }

  /** In the process itself: Java cannot, and OpenMP asks once, when it is loaded. */
  @SuppressWarnings("restricted")
  private static void setEnvironment(String name, String value) {
    Linker linker = Linker.nativeLinker();
    MethodHandle setenv =
        linker.downcallHandle(
            linker.defaultLookup().findOrThrow("setenv"),
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT,
                ValueLayout.ADDRESS,
                ValueLayout.ADDRESS,
                ValueLayout.JAVA_INT));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment key = arena.allocateFrom(name);
      int failed = (int) setenv.invokeExact(key, arena.allocateFrom(value), KEEP_WHAT_IS_SET);
      if (failed != 0) {
        throw new IllegalStateException("setenv " + name + " failed");
      }
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("setenv " + name + " failed", e);
    }
  }
}
