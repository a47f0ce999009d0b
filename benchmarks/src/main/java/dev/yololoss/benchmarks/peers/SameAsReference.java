package dev.yololoss.benchmarks.peers;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.jni.JniUtils;
import dev.yololoss.Backend;
import dev.yololoss.HeadTensor;
import dev.yololoss.LossEngine;
import dev.yololoss.Targets;
import dev.yololoss.benchmarks.Workload;
import java.util.List;

/** Refuses to time a peer that computes something else. */
final class SameAsReference {
  private static final double LOSS = 1e-5;
  private static final double GRADIENT = 1e-4;

  private SameAsReference() {}

  /**
   * With one thread, where the last of several rows that ask something of one slot wins, as in
   * yolov5; with more torch lets any of them win.
   */
  static void check(Workload work, List<NDArray> heads, TorchYolov5Loss peer) {
    int threads = JniUtils.getNumThreads();
    JniUtils.setNumThreads(1);
    try {
      checkLossAndGradients(work, heads, peer);
    } finally {
      JniUtils.setNumThreads(threads);
    }
  }

  private static void checkLossAndGradients(
      Workload work, List<NDArray> heads, TorchYolov5Loss peer) {
    Targets targets = work.targets();
    try (LossEngine engine = LossEngine.open(work.spec(), Backend.REFERENCE)) {
      double expected = engine.compute(work.predictions(), targets).total();
      List<HeadTensor> slopes = engine.gradients().tensors();
      double found = peer.step(heads, targets, gradients -> requireClose(gradients, slopes));
      require("the loss", Math.abs(found - expected), LOSS * Math.abs(expected));
    }
  }

  private static void requireClose(List<NDArray> found, List<HeadTensor> expected) {
    for (int layer = 0; layer < expected.size(); layer++) {
      HeadTensor truth = expected.get(layer);
      float[] values = found.get(layer).toFloatArray();
      double error = 0;
      double norm = 0;
      for (int i = 0; i < values.length; i++) {
        double slope = truth.type().get(truth.memory(), i);
        error += (values[i] - slope) * (values[i] - slope);
        norm += slope * slope;
      }
      require("gradient " + layer, Math.sqrt(error), GRADIENT * Math.sqrt(norm));
    }
  }

  private static void require(String what, double error, double allowed) {
    if (!(error <= allowed)) { // a NaN is not close
      throw new IllegalStateException(
          "the peer computes another loss: " + what + " is off by " + error + " of " + allowed);
    }
  }
}
