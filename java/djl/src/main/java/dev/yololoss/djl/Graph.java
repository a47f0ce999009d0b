package dev.yololoss.djl;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;

/** What PyTorch records. */
final class Graph {
  private Graph() {}

  /** Whether PyTorch is recording, and could go back from any of these. */
  static boolean reaches(NDList heads) {
    return JniUtils.isGradMode() && heads.stream().anyMatch(Graph::reaches);
  }

  private static boolean reaches(NDArray head) {
    if (head.hasGradient()) {
      return true;
    }
    // DJL says so of variables only, never of what was computed from them, and its question for
    // the graph crashes where there is none. But PyTorch refuses to make a constant of the latter.
    try {
      JniUtils.attachGradient((PtNDArray) head, false);
      return false;
    } catch (EngineException computed) {
      return true;
    }
  }
}
