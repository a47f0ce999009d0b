package dev.yololoss.parity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.yololoss.Backend;
import dev.yololoss.ElementType;
import dev.yololoss.EngineOptions;
import dev.yololoss.HeadTensor;
import dev.yololoss.LossEngine;
import dev.yololoss.Match;
import dev.yololoss.RandomCase;
import dev.yololoss.Seed;
import dev.yololoss.Targets;
import dev.yololoss.TensorLayout;
import dev.yololoss.TensorValues;
import dev.yololoss.spec.BoxDecoding;
import dev.yololoss.spec.Heads;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Preset;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The ignore search looks only where a target can reach and sorts in floats; it must find what the
 * plain double loop of the reference finds.
 */
public abstract class CrowdSuite {
  /** The backend that is compared, and how it runs. */
  protected abstract EngineOptions options();

  private static final int TRUTHS = 300;
  private static final int CLASSES = 4;
  private static final Heads HEADS =
      Heads.builder().head(8, 8, 8, 24, 16).head(32, 32, 32, 96, 64, 64, 160).build();
  private static final Seed SEED = Seed.of(CrowdSuite.class);

  @ParameterizedTest
  @CsvSource({
    "YOLOV2, 0",
    "YOLOV2, 0.01",
    "YOLOV2, 0.5",
    "YOLOV2, 1",
    "YOLOV3_LOGITS, 0",
    "YOLOV3_LOGITS, 0.5",
    "YOLOV3_LOGITS, 1",
    "YOLOV3_BCE, 0",
    "YOLOV3_BCE, 0.3",
    "YOLOV3_BCE, 0.5",
    "YOLOV3_BCE, 1",
    "DARKNET, 0",
    "DARKNET, 0.2",
    "DARKNET, 0.5",
    "DARKNET, 1",
    "DARKNET_AUTODIFF, 0",
    "DARKNET_AUTODIFF, 0.5",
    "DARKNET_AUTODIFF, 1"
  })
  protected void ignoredSlotsAreThoseOfThePlainLoop(Preset preset, double threshold) {
    Random random = new Random(SEED.value());
    List<LossSpec> specs = new ArrayList<>();
    specs.add(spec(preset).option("ignore.threshold", threshold).build());
    if (preset == Preset.DARKNET) {
      specs.add(
          spec(preset)
              .option("ignore.threshold", threshold)
              .option("decoding", BoxDecoding.DARKNET_NEW_COORDS)
              .option("ignore.truthThreshold", 0.6)
              .build());
    }
    for (LossSpec spec : specs) {
      for (int spread = 0; spread < 4; spread++) {
        check(spec, random, spread);
      }
    }
  }

  private static LossSpec.Builder spec(Preset preset) {
    return LossSpec.builder(preset).classes(CLASSES).heads(HEADS);
  }

  /** Spread 0: all logits 0, so that boxes of the anchors' sides tie exactly at IoU 1 and 1/2. */
  private void check(LossSpec spec, Random random, int spread) {
    RandomCase input = crowd(spec, random, spread);
    String name = spec.preset() + " " + spec.ignore() + ", spread " + spread;
    try (LossEngine truth = LossEngine.open(spec, Backend.REFERENCE);
        LossEngine engine = LossEngine.open(spec, options())) {
      var expected = truth.searchIgnored(input.predictions(), input.targets()).layers();
      var actual = engine.searchIgnored(input.predictions(), input.targets()).layers();
      for (int layer = 0; layer < expected.size(); layer++) {
        assertThat(actual.get(layer)).as(name + ", layer " + layer).isEqualTo(expected.get(layer));
      }
      List<Match> matches = truth.assign(input.predictions(), input.targets());
      CompareRuns.decisions(name, matches, engine.assign(input.predictions(), input.targets()));
    }
  }

  private static RandomCase crowd(LossSpec spec, Random random, int spread) {
    List<HeadTensor> predictions = new ArrayList<>();
    boolean probabilities = spec.decoding() == BoxDecoding.DARKNET_NEW_COORDS;
    int images = 2;
    for (var head : spec.heads().heads()) {
      int side = 160 / head.stride();
      HeadTensor tensor =
          TensorLayout.NCHW
              .allocate(
                  ElementType.F32,
                  images,
                  head.anchors().size(),
                  spec.attributes(),
                  side,
                  side,
                  (byte) 0)
              .tensor();
      double[] values = new double[(int) tensor.size()];
      for (int n = 0; n < values.length && spread > 0; n++) {
        double logit = random.nextGaussian() * spread;
        values[n] = probabilities ? 1 / (1 + Math.exp(-logit)) : logit;
      }
      TensorValues.write(tensor, values);
      predictions.add(tensor);
    }
    return new RandomCase("crowd", spec, predictions, targets(random, images));
  }

  private static Targets targets(Random random, int images) {
    Targets.Builder targets = Targets.builder();
    double[] ties = {8, 16, 24, 32, 48, 64, 96, 128, 160};
    for (int n = 0; n < TRUTHS * images; n++) {
      double x = centre(random, n);
      double y = centre(random, n);
      double w = ties[random.nextInt(ties.length)] / 160;
      double h = ties[random.nextInt(ties.length)] / 160;
      switch (n % 6) {
        case 0 -> {
          w = 1e-4 * (1 + random.nextDouble());
          h = 1e-4 * (1 + random.nextDouble());
        }
        case 1 -> {
          w = 3 * random.nextDouble() + 0.5; // over the borders
          h = random.nextDouble() + 0.01;
        }
        case 2 -> w = n % 12 == 2 ? 1e-7 : 1e6;
        default -> {}
      }
      targets.add(n % images, random.nextInt(CLASSES), x, y, w, h);
    }
    return targets.build();
  }

  /** In the middle of a cell of one of the grids, where a logit of 0 puts a box, or anywhere. */
  private static double centre(Random random, int n) {
    int cells = n % 2 == 0 ? 20 : 5;
    return n % 7 == 0 ? random.nextDouble() : (random.nextInt(cells) + 0.5) / cells;
  }
}
