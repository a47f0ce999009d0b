package dev.yololoss.benchmarks.peers;

import dev.yololoss.HeadTensor;
import dev.yololoss.Targets;
import dev.yololoss.spec.Anchor;
import dev.yololoss.spec.Head;
import dev.yololoss.spec.LossSpec;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.layers.objdetect.Yolo2OutputLayer;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;

/**
 * DL4J's output layer for YOLOv2 with the weights and anchors of a description of one head.
 *
 * <p>Its label has room for one box a cell; of two the last one stays.
 */
final class Dl4jYolo2Loss {
  private final Head head;
  private final int classes;
  private final Yolo2OutputLayer layer;

  Dl4jYolo2Loss(LossSpec spec) {
    head = spec.heads().heads().getFirst();
    classes = spec.classes();
    float[][] sides = new float[head.anchors().size()][];
    for (int a = 0; a < sides.length; a++) {
      Anchor anchor = spec.heads().anchors().get(head.anchors().get(a));
      sides[a] =
          new float[] {
            (float) (anchor.width() / head.stride()), (float) (anchor.height() / head.stride())
          };
    }
    NeuralNetConfiguration configuration =
        new NeuralNetConfiguration.Builder()
            .layer(
                new org.deeplearning4j.nn.conf.layers.objdetect.Yolo2OutputLayer.Builder()
                    .boundingBoxPriors(Nd4j.create(sides))
                    .lambdaCoord(spec.box().weight())
                    .lambdaNoObj(spec.objectness().elsewhereWeight())
                    .lossClassPredictions(new LossMCXENT())
                    .build())
            .build();
    layer = new Yolo2OutputLayer(configuration, DataType.FLOAT);
  }

  /** Raw outputs, {@code [images, anchors * (5 + classes), height, width]}. */
  static INDArray outputs(HeadTensor p) {
    float[] values = new float[(int) p.size()];
    for (int n = 0; n < values.length; n++) {
      values[n] = (float) p.type().get(p.memory(), n);
    }
    return Nd4j.createFromArray(values)
        .reshape('c', p.images(), (long) p.anchors() * p.attributes(), p.height(), p.width());
  }

  /** {@code [images, (left, top, right, bottom, one class hot), height, width]}, in cells. */
  INDArray labels(HeadTensor p, Targets boxes) {
    int plane = p.height() * p.width();
    int depth = 4 + classes;
    float[] labels = new float[p.images() * depth * plane];
    for (int row = 0; row < boxes.size(); row++) {
      double x = boxes.centreX(row) * p.width();
      double y = boxes.centreY(row) * p.height();
      double halfWidth = boxes.width(row) * p.width() / 2;
      double halfHeight = boxes.height(row) * p.height() / 2;
      int first = boxes.image(row) * depth * plane + (int) y * p.width() + (int) x;
      double[] corners = {x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight};
      for (int k = 0; k < depth; k++) {
        boolean corner = k < corners.length;
        boolean hot = k == corners.length + boxes.category(row);
        labels[first + k * plane] = corner ? (float) corners[k] : hot ? 1 : 0;
      }
    }
    return Nd4j.createFromArray(labels).reshape('c', p.images(), depth, p.height(), p.width());
  }

  /** The gradient times the number of images, as the layer hands it on; then {@link #value}. */
  INDArray gradient(INDArray outputs, INDArray labels) {
    LayerWorkspaceMgr workspaces = LayerWorkspaceMgr.noWorkspaces();
    layer.setInput(outputs, workspaces);
    layer.setInputMiniBatchSize((int) outputs.size(0));
    layer.setLabels(labels);
    return layer.backpropGradient(null, workspaces).getSecond();
  }

  /** Of the last gradient's step. */
  double value() {
    return layer.score();
  }
}
