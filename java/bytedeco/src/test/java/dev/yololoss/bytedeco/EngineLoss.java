package dev.yololoss.bytedeco;

import dev.yololoss.ElementType;
import dev.yololoss.HeadTensor;
import dev.yololoss.LossEngine;
import dev.yololoss.Targets;
import dev.yololoss.TensorException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * An engine's loss as a tensor that autograd can go back from. Heads are float32, on the CPU,
 * contiguous, {@code [images, anchors * (5 + classes), rows, columns]}; they are read where they
 * lie.
 *
 * <p>The tensor reads the engine's gradients when autograd goes back: do that before the next step.
 */
record EngineLoss(LossEngine engine) {
  Tensor of(List<Tensor> heads, Targets targets) {
    List<HeadTensor> views = new ArrayList<>();
    for (int layer = 0; layer < heads.size(); layer++) {
      views.add(view(layer, heads.get(layer)));
    }
    double value = engine.compute(views, targets).total();
    Tensor products = new Tensor();
    List<HeadTensor> gradients = engine.gradients().tensors();
    for (int layer = 0; layer < heads.size(); layer++) {
      Tensor product = heads.get(layer).flatten().dot(flat(gradients.get(layer)));
      products = layer == 0 ? product : products.add(product);
    }
    // the engine's value, and for each head its gradient: value + (d - stop(d))
    return products.sub(products.detach()).add(new Scalar(value));
  }

  @SuppressWarnings("restricted")
  private HeadTensor view(int layer, Tensor head) {
    if (head.dim() != 4
        || !head.is_contiguous()
        || !head.is_cpu()
        || head.scalar_type().intern() != torch.ScalarType.Float) {
      throw new TensorException(
          "head " + layer + " must be contiguous float32 of four dimensions on the CPU");
    }
    int attributes = engine.spec().attributes();
    int anchors = engine.spec().heads().anchorsOf(layer).size();
    if (head.size(1) != (long) anchors * attributes) {
      throw new TensorException(
          "head "
              + layer
              + " has "
              + head.size(1)
              + " channels; must have "
              + anchors * attributes);
    }
    MemorySegment memory =
        MemorySegment.ofAddress(head.data_ptr().address()).reinterpret(head.numel() * Float.BYTES);
    return HeadTensor.nchw(
        memory,
        ElementType.F32,
        (int) head.size(0),
        anchors,
        attributes,
        (int) head.size(2),
        (int) head.size(3));
  }

  private static Tensor flat(HeadTensor gradient) {
    FloatPointer memory =
        new FloatPointer(
            gradient.memory().asByteBuffer().order(ByteOrder.nativeOrder()).asFloatBuffer());
    return torch.from_blob(memory, gradient.size());
  }
}
