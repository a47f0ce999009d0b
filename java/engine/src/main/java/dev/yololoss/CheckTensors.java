package dev.yololoss;

import dev.yololoss.spec.Head;
import dev.yololoss.spec.LossSpec;
import java.util.List;

/** Checks that tensors fit a loss and each other. */
final class CheckTensors {
  private CheckTensors() {}

  static void predictions(LossSpec spec, List<HeadTensor> predictions) {
    List<Head> heads = spec.heads().heads();
    if (predictions.size() != heads.size()) {
      throw new TensorException(
          predictions.size()
              + " predictions for "
              + heads.size()
              + " heads; give one per head, in their order");
    }
    for (int layer = 0; layer < heads.size(); layer++) {
      HeadTensor tensor = predictions.get(layer);
      Head head = heads.get(layer);
      require(layer, "images", tensor.images(), predictions.getFirst().images(), "as prediction 0");
      require(
          layer,
          "anchors",
          tensor.anchors(),
          head.anchors().size(),
          "as the head of stride " + head.stride());
      require(
          layer,
          "attributes",
          tensor.attributes(),
          spec.attributes(),
          "5 + " + spec.classes() + " classes");
      int width = tensor.width() * head.stride();
      int height = tensor.height() * head.stride();
      int firstWidth = predictions.getFirst().width() * heads.getFirst().stride();
      int firstHeight = predictions.getFirst().height() * heads.getFirst().stride();
      if (width != firstWidth || height != firstHeight) {
        throw new TensorException(
            "prediction "
                + layer
                + " is for an image of "
                + width
                + " x "
                + height
                + " pixels (grid "
                + tensor.width()
                + " x "
                + tensor.height()
                + " times stride "
                + head.stride()
                + "), prediction 0 for "
                + firstWidth
                + " x "
                + firstHeight
                + "; the strides must divide the image");
      }
    }
  }

  static void gradients(List<HeadTensor> predictions, List<HeadTensor> gradients) {
    if (gradients.size() != predictions.size()) {
      throw new TensorException(
          gradients.size()
              + " gradients for "
              + predictions.size()
              + " predictions; give one for each");
    }
    for (int layer = 0; layer < predictions.size(); layer++) {
      HeadTensor p = predictions.get(layer);
      HeadTensor g = gradients.get(layer);
      boolean same =
          p.images() == g.images()
              && p.anchors() == g.anchors()
              && p.attributes() == g.attributes()
              && p.height() == g.height()
              && p.width() == g.width();
      if (!same) {
        throw new TensorException(
            "gradient "
                + layer
                + " has the shape "
                + g.shape()
                + "; prediction "
                + layer
                + " has "
                + p.shape());
      }
    }
  }

  private static void require(int layer, String what, int found, int expected, String why) {
    if (found != expected) {
      throw new TensorException(
          "prediction "
              + layer
              + " has "
              + found
              + " "
              + what
              + "; must have "
              + expected
              + ", "
              + why);
    }
  }
}
