package dev.yololoss.trainer.checkpoint;

import dev.yololoss.LossState;
import dev.yololoss.trainer.optimize.ParameterState;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Made-up checkpoints. */
final class SomeCheckpoint {
  private SomeCheckpoint() {}

  static Checkpoint of(int epoch, long seed) {
    Random random = new Random(seed);
    return new Checkpoint(
        epoch,
        "{\"seed\":1}",
        "{\"preset\":\"yolov5\"}",
        List.of("round \"cell\"", "Ätzend"),
        -5,
        Checkpoint.byName(
            Map.of(
                "weight", new StoredArray(new long[] {2, 3, 5}, values(30, random)),
                "bias", new StoredArray(new long[] {7}, values(7, random)))),
        Checkpoint.byName(
            Map.of(
                "weight",
                new ParameterState(17, List.of(values(30, random), values(30, random))),
                "bias",
                new ParameterState(18, List.of(values(7, random), values(7, random))))),
        new LossState(List.of(4.0, 1 / 3.0)),
        List.of(
            new Checkpoint.Assignments(0, 0, List.of(2, 1025)),
            new Checkpoint.Assignments(0, 1, List.of()),
            new Checkpoint.Assignments(3, 0, List.of(0))));
  }

  private static float[] values(int length, Random random) {
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }
}
