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
      if (tensor.images() != predictions.getFirst().images()) {
        throw other(
            layer, "images", tensor.images(), predictions.getFirst().images(), "as prediction 0");
      }
      if (tensor.anchors() != head.anchors().size()) {
        String why = "as the head of stride " + head.stride();
        throw other(layer, "anchors", tensor.anchors(), head.anchors().size(), why);
      }
      if (tensor.attributes() != spec.attributes()) {
        String why = "5 + " + spec.classes() + " classes";
        throw other(layer, "attributes", tensor.attributes(), spec.attributes(), why);
      }
      long width = (long) tensor.width() * head.stride();
      long height = (long) tensor.height() * head.stride();
      long firstWidth = (long) predictions.getFirst().width() * heads.getFirst().stride();
      long firstHeight = (long) predictions.getFirst().height() * heads.getFirst().stride();
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
      if (width > Integer.MAX_VALUE || height > Integer.MAX_VALUE) {
        throw new TensorException(
            "prediction "
                + layer
                + " is for an image of "
                + width
                + " x "
                + height
                + " pixels; a side must be below 2^31");
      }
      if (tensor.size() / tensor.attributes() > Integer.MAX_VALUE) {
        throw new TensorException(
            "prediction "
                + layer
                + " has "
                + tensor.size() / tensor.attributes()
                + " slots (images x anchors x rows x columns); must be below 2^31");
      }
    }
  }

  /** Only the backend CUDA can reach memory of a device. */
  static void reachable(String what, List<HeadTensor> tensors, Backend backend) {
    for (int layer = 0; layer < tensors.size() && backend != Backend.CUDA; layer++) {
      if (tensors.get(layer).place() instanceof DevicePointer device) {
        throw onDevice(what + " " + layer, device, backend);
      }
    }
  }

  /** Likewise of a matrix. */
  static void reachable(String what, DenseTensor tensor, Backend backend) {
    if (backend != Backend.CUDA && tensor.place() instanceof DevicePointer device) {
      throw onDevice(what, device, backend);
    }
  }

  private static TensorException onDevice(String what, DevicePointer device, Backend backend) {
    return new TensorException(
        what
            + " lies at "
            + device
            + "; the backend "
            + backend
            + " takes memory of this machine only");
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
      if (!p.hasShapeOf(g)) {
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
      if (!g.elementsStandApart()) {
        throw new TensorException(
            "gradient "
                + layer
                + " has elements that share memory: its strides are "
                + g.strides()
                + " for the shape "
                + g.shape());
      }
      requireOtherMemory(layer, g, predictions);
    }
  }

  /** A loss reads predictions until its last gradient is written, so in place it would go wrong. */
  private static void requireOtherMemory(
      int layer, HeadTensor gradient, List<HeadTensor> predictions) {
    for (int other = 0; other < predictions.size(); other++) {
      if (gradient.sharesMemoryWith(predictions.get(other))) {
        throw new TensorException(
            "gradient "
                + layer
                + " shares memory with prediction "
                + other
                + "; must have memory of its own");
      }
    }
  }

  private static TensorException other(
      int layer, String what, int found, int expected, String why) {
    return new TensorException(
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
