package dev.yololoss.djl.example;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.dataset.RandomAccessDataset;
import ai.djl.training.dataset.Record;
import ai.djl.translate.PaddingStackBatchifier;
import ai.djl.util.Progress;
import java.util.Arrays;
import java.util.Random;

/**
 * Pictures of one or two squares on noise, bright ones of class 0 and dark ones of class 1. Labels
 * as DJL's data sets have them: class, x, y, w, h with the top left corner, padded with -1.
 */
public final class Squares extends RandomAccessDataset {
  static final int SIDE = 64;

  private final int pictures;

  private Squares(Builder builder, int pictures) {
    super(builder);
    this.pictures = pictures;
  }

  /** Always the same pictures, in order. */
  public static Squares of(int pictures, int batch) {
    return new Squares(
        new Builder()
            .setSampling(batch, false)
            .optLabelBatchifier(
                PaddingStackBatchifier.builder()
                    .addPad(0, 0, manager -> manager.create(new float[] {-1}))
                    .build()),
        pictures);
  }

  @Override
  public Record get(NDManager manager, long index) {
    Random random = new Random(index);
    float[] pixels = new float[3 * SIDE * SIDE];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (float) (0.5 + 0.1 * random.nextGaussian());
    }
    // One in the left half and, in every other picture, one in the right half.
    int squares = 1 + (int) (index % 2);
    float[][] labels = new float[squares][];
    for (int square = 0; square < squares; square++) {
      int side = 10 + random.nextInt(16);
      int x = SIDE / 2 * square + random.nextInt(SIDE / 2 - side + 1);
      int y = random.nextInt(SIDE - side + 1);
      int category = random.nextInt(2);
      paint(pixels, x, y, side, category == 0 ? 1 : 0);
      float of = SIDE;
      labels[square] = new float[] {category, x / of, y / of, side / of, side / of};
    }
    NDArray picture = manager.create(pixels, new Shape(3, SIDE, SIDE));
    return new Record(new NDList(picture), new NDList(manager.create(labels)));
  }

  private static void paint(float[] pixels, int left, int top, int side, float colour) {
    for (int channel = 0; channel < 3; channel++) {
      for (int y = top; y < top + side; y++) {
        int row = (channel * SIDE + y) * SIDE;
        Arrays.fill(pixels, row + left, row + left + side, colour);
      }
    }
  }

  @Override
  protected long availableSize() {
    return pictures;
  }

  @Override
  public void prepare(Progress progress) {}

  private static final class Builder extends BaseBuilder<Builder> {
    @Override
    protected Builder self() {
      return this;
    }
  }
}
