package dev.yololoss.bytedeco;

import dev.yololoss.Backend;
import dev.yololoss.LossEngine;
import dev.yololoss.Targets;
import dev.yololoss.spec.Heads;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Preset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Adam;
import org.bytedeco.pytorch.AdamOptions;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** Trains a small detector of bright squares with bytedeco's PyTorch. */
public final class TrainWithBytedeco {
  private static final int SIDE = 64;
  private static final int IMAGES = 8;
  private static final int STEPS = 50;

  private TrainWithBytedeco() {}

  public static void main(String[] args) {
    List<Double> losses = train();
    System.out.println("first loss " + losses.getFirst() + ", last loss " + losses.getLast());
  }

  /** The loss of each step. */
  static List<Double> train() {
    Heads heads = Heads.builder().head(8, 12, 12, 22, 22).build();
    LossSpec spec = LossSpec.builder(Preset.YOLOV5).classes(1).heads(heads).build();
    List<Double> losses = new ArrayList<>();
    torch.manual_seed(7);
    Random random = new Random(7);
    try (PointerScope _ = new PointerScope();
        LossEngine engine = LossEngine.open(spec, Backend.AUTO)) {
      EngineLoss loss = new EngineLoss(engine);
      Tensor[] weights = {
        weight(8, 3, 3), weight(16, 8, 3), weight(32, 16, 3), weight(2 * spec.attributes(), 32, 1)
      };
      Adam optimizer = new Adam(new TensorVector(weights), new AdamOptions(0.003));
      for (int step = 0; step < STEPS; step++) {
        try (PointerScope _ = new PointerScope()) {
          float[] pixels = new float[IMAGES * 3 * SIDE * SIDE];
          Targets targets = paint(pixels, random);
          Tensor total = loss.of(List.of(forward(weights, pixels)), targets);
          optimizer.zero_grad();
          total.backward();
          optimizer.step();
          losses.add((double) total.item_float());
        }
      }
    }
    return losses;
  }

  private static Tensor forward(Tensor[] weights, float[] pixels) {
    Tensor x = Tensor.create(pixels, IMAGES, 3, SIDE, SIDE);
    for (int layer = 0; layer < weights.length; layer++) {
      boolean last = layer == weights.length - 1;
      long[] stride = {last ? 1 : 2, last ? 1 : 2};
      long[] padding = {last ? 0 : 1, last ? 0 : 1};
      long[] dilation = {1, 1};
      x = torch.conv2d(x, weights[layer], new TensorOptional(), stride, padding, dilation, 1);
      x = last ? x : torch.leaky_relu(x, new Scalar(0.1));
    }
    return x;
  }

  private static Tensor weight(long out, long in, long kernel) {
    double deviation = Math.sqrt(2.0 / (in * kernel * kernel));
    Tensor weight = torch.randn(out, in, kernel, kernel).mul(new Scalar(deviation));
    return weight.set_requires_grad(true);
  }

  /** One square in each picture. */
  private static Targets paint(float[] pixels, Random random) {
    Targets.Builder targets = Targets.builder();
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (float) (0.3 * random.nextGaussian());
    }
    for (int image = 0; image < IMAGES; image++) {
      int side = 10 + random.nextInt(16);
      int left = random.nextInt(SIDE - side + 1);
      int top = random.nextInt(SIDE - side + 1);
      for (int channel = 0; channel < 3; channel++) {
        for (int y = top; y < top + side; y++) {
          int row = ((image * 3 + channel) * SIDE + y) * SIDE;
          Arrays.fill(pixels, row + left, row + left + side, 1);
        }
      }
      double of = SIDE;
      targets.add(
          image, 0, (left + side / 2.0) / of, (top + side / 2.0) / of, side / of, side / of);
    }
    return targets.build();
  }
}
