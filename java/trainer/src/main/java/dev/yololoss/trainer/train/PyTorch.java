package dev.yololoss.trainer.train;

import ai.djl.engine.Engine;
import ai.djl.pytorch.jni.JniUtils;

/** Loads PyTorch the way a run wants it. */
final class PyTorch {
  static final String NAME = "PyTorch";

  private PyTorch() {}

  /** Loads it, if that was not done, and lets it use every core. */
  static void start() {
    // Its library is among the jars; DJL is to look nowhere else, and to report to nobody.
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("OPT_OUT_TRACKING", "true");
    Engine.getEngine(NAME);
    JniUtils.setNumThreads(Runtime.getRuntime().availableProcessors());
  }
}
