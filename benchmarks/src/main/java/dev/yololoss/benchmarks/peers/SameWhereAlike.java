package dev.yololoss.benchmarks.peers;

import dev.yololoss.Backend;
import dev.yololoss.ElementType;
import dev.yololoss.HeadTensor;
import dev.yololoss.LossEngine;
import dev.yololoss.Targets;
import dev.yololoss.benchmarks.Layout;
import dev.yololoss.benchmarks.Workload;
import dev.yololoss.spec.Anchor;
import dev.yololoss.spec.LossSpec;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Holds DL4J's loss to REFERENCE's yolov2-v1 where the two are the same loss.
 *
 * <p>They differ in three things. DL4J compares square roots of sides in cells, yolov2 their ratios
 * to the anchor's. DL4J makes the best predicted box of a cell responsible, yolov2 the best anchor.
 * DL4J asks the objectness for the overlap with its own target and passes the gradient on through
 * it, yolov2 asks for the best overlap of all targets and does not. So the boxes compared here have
 * an anchor's shape, which that anchor predicts exactly, and stand alone in their image: then the
 * value is the same, and so are the gradients of objectness and classes. Those of the box differ by
 * what goes through the overlap, always, and are not compared.
 */
final class SameWhereAlike {
  private static final double VALUE = 1e-5;
  private static final double GRADIENT = 1e-4;
  private static final int FIRST_BEYOND_BOX = 4;
  private static final int IMAGES = 4;
  private static final int SIZE = 416;

  private SameWhereAlike() {}

  static void check(LossSpec spec) {
    Targets.Builder boxes = Targets.builder();
    try (Workload work = new Workload(spec, IMAGES, SIZE, Layout.NCHW, ElementType.F32, 0);
        LossEngine engine = LossEngine.open(spec, Backend.REFERENCE)) {
      HeadTensor head = work.predictions().getFirst();
      for (int image = 0; image < IMAGES; image++) {
        int row = 3 + image;
        int column = 8 - image;
        Anchor shape = spec.heads().anchors().get(1 + image);
        boxes.add(
            image,
            image % spec.classes(),
            (column + 0.4) / head.width(),
            (row + 0.6) / head.height(),
            shape.width() / SIZE,
            shape.height() / SIZE);
        for (int anchor = 0; anchor < head.anchors(); anchor++) {
          head.set(image, anchor, 2, row, column, 0);
          head.set(image, anchor, 3, row, column, 0);
        }
      }
      Targets targets = boxes.build();
      double expected = engine.compute(List.of(head), targets).total();
      Dl4jYolo2Loss peer = new Dl4jYolo2Loss(spec);
      INDArray gradient = peer.gradient(Dl4jYolo2Loss.outputs(head), peer.labels(head, targets));
      require("the value", Math.abs(peer.value() - expected), VALUE * Math.abs(expected));
      compare(gradient.div(IMAGES), engine.gradients().tensors().getFirst());
    }
  }

  private static void compare(INDArray found, HeadTensor expected) {
    float[] values = found.dup('c').reshape(found.length()).toFloatVector();
    double error = 0;
    double norm = 0;
    int plane = expected.height() * expected.width();
    for (int n = 0; n < values.length; n++) {
      if (n / plane % expected.attributes() >= FIRST_BEYOND_BOX) {
        double slope = expected.type().get(expected.memory(), n);
        error = Math.hypot(error, values[n] - slope);
        norm = Math.hypot(norm, slope);
      }
    }
    require("the gradient of objectness and classes", error, GRADIENT * norm);
  }

  private static void require(String what, double error, double allowed) {
    if (!(error <= allowed)) { // a NaN is not close
      throw new IllegalStateException(
          "DL4J computes another loss: " + what + " is off by " + error + " of " + allowed);
    }
  }
}
