package dev.yololoss.parity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.yololoss.Backend;
import dev.yololoss.ElementType;
import dev.yololoss.EngineOptions;
import dev.yololoss.HeadTensor;
import dev.yololoss.LossEngine;
import dev.yololoss.LossParts;
import dev.yololoss.Outcome;
import dev.yololoss.RandomCase;
import dev.yololoss.Seed;
import dev.yololoss.Targets;
import dev.yololoss.TensorLayout;
import dev.yololoss.TensorValues;
import dev.yololoss.spec.Heads;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Preset;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * How far the float loops may be off, derived and not guessed: four times the error that the plain
 * formula in floats, with a libm rounded correctly, makes on the same logit, plus a floor of a few
 * units of the last place.
 */
public abstract class FloatErrorSuite {
  /** The backend that is compared, and how it runs. */
  protected abstract EngineOptions options();

  private static final double FLOOR = 8 * 0x1p-24;
  private static final Seed SEED = Seed.of(FloatErrorSuite.class);
  private static final Heads ONE = Heads.builder().head(32, 32, 32).build();

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.5, 1, 1.5, 2})
  protected void objectnessSlopeOfOneLogit(double gamma) {
    LossSpec spec =
        LossSpec.builder(Preset.YOLOV5).classes(1).heads(ONE).option("focalGamma", gamma).build();
    Random random = new Random(SEED.value());
    RandomCase input = logits(spec, 1, 64, random);
    double[] truth = slopes(EngineOptions.on(Backend.REFERENCE), input);
    double[] found = slopes(options(), input);
    double[] raw = TensorValues.of(input.predictions().getFirst());
    double largest = 0;
    for (double slope : truth) {
      largest = Math.max(largest, Math.abs(slope));
    }
    // the factor between slope and gradient, told from a logit so large that its slope is known
    double factor = truth[4] / exact(raw[4], gamma);
    for (int n = 4; n < raw.length; n += spec.attributes()) {
      double plain = Math.abs(plain((float) raw[n], (float) gamma) * factor - truth[n]);
      double allowed = 4 * plain + FLOOR * Math.abs(truth[n]) * (1 + gamma * Math.abs(raw[n]));
      assertThat(Math.abs(found[n] - truth[n]))
          .as("logit %s, gamma %s, expected %s", raw[n], gamma, truth[n])
          .isLessThanOrEqualTo(allowed + 0x1p-126 * largest);
    }
  }

  /** Of images with one logit each, whose losses are told one by one. */
  @ParameterizedTest
  @ValueSource(doubles = {0, 0.5, 1, 1.5, 2})
  protected void objectnessLossOfOneLogit(double gamma) {
    LossSpec spec =
        LossSpec.builder(Preset.YOLOV5).classes(1).heads(ONE).option("focalGamma", gamma).build();
    RandomCase input = logits(spec, 500, 1, new Random(SEED.value()));
    List<LossParts> truth = losses(EngineOptions.on(Backend.REFERENCE), input);
    List<LossParts> found = losses(options(), input);
    double[] raw = TensorValues.of(input.predictions().getFirst());
    double factor = truth.getFirst().objectness() / exactLoss(raw[4], gamma);
    double errors = 0;
    for (int image = 0; image < truth.size(); image++) {
      double x = raw[image * spec.attributes() + 4];
      double expected = truth.get(image).objectness();
      double plain = Math.abs(plainLoss((float) x, (float) gamma) * factor - expected);
      double allowed = 4 * plain + FLOOR * Math.abs(expected) * (1 + gamma * Math.abs(x));
      errors += plain;
      assertThat(Math.abs(found.get(image).objectness() - expected))
          .as("logit %s, gamma %s, expected %s", x, gamma, expected)
          .isLessThanOrEqualTo(allowed + 0x1p-126 * factor);
    }
    assertThat(errors).as("errors of plain floats").isPositive();
  }

  /** A trained network's class loss is small beside its logits, and must not drown in their sum. */
  @Test
  protected void confidentRightClassesKeepTheirDigits() {
    for (Preset preset : List.of(Preset.YOLOV5, Preset.YOLOV3_BCE, Preset.YOLOV5_CE)) {
      LossSpec spec = LossSpec.builder(preset).classes(80).heads(ONE).build();
      RandomCase input = logits(spec, 1, 4, new Random(SEED.value()));
      Targets targets = Targets.builder().add(0, 7, 0.4, 0.4, 0.25, 0.25).build();
      HeadTensor p = input.predictions().getFirst();
      for (int cell = 0; cell < p.height() * p.width(); cell++) {
        for (int k = 5; k < p.attributes(); k++) {
          p.set(0, 0, k, cell / p.width(), cell % p.width(), k == 12 ? 9.3 : -9.7);
        }
      }
      RandomCase right = input.with(input.predictions(), targets);
      double expected = Outcome.of(Backend.REFERENCE, right).parts().classification();
      double found;
      try (LossEngine engine = LossEngine.open(spec, options())) {
        found = Outcome.of(engine, right).parts().classification();
      }
      assertThat(found).as(preset.id()).isBetween(expected * (1 - 1e-6), expected * (1 + 1e-6));
    }
  }

  private static RandomCase logits(LossSpec spec, int images, int side, Random random) {
    HeadTensor tensor =
        TensorLayout.NCHW
            .allocate(ElementType.F32, images, 1, spec.attributes(), side, side, (byte) 0)
            .tensor();
    double[] values = new double[(int) tensor.size()];
    for (int n = 0; n < values.length; n++) {
      values[n] = random.nextGaussian() * (n % 2 == 0 ? 2 : 12);
    }
    values[4] = 0.75;
    TensorValues.write(tensor, values);
    return new RandomCase("logits", spec, List.of(tensor), Targets.builder().build());
  }

  private static double[] slopes(EngineOptions backend, RandomCase input) {
    try (LossEngine engine = LossEngine.open(input.spec(), backend)) {
      return TensorValues.of(Outcome.of(engine, input).gradients().getFirst());
    }
  }

  private static List<LossParts> losses(EngineOptions backend, RandomCase input) {
    try (LossEngine engine = LossEngine.open(input.spec(), backend)) {
      return Outcome.of(engine, input).perImage();
    }
  }

  private static double exactLoss(double x, double gamma) {
    double loss = Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
    return gamma == 0 ? loss : 0.75 * Math.pow(1 / (1 + Math.exp(-x)), gamma) * loss;
  }

  private static double plainLoss(float x, float gamma) {
    float e = (float) Math.exp(-Math.abs(x));
    float loss = Math.max(x, 0) + (float) Math.log1p(e);
    float p = (x >= 0 ? 1 : e) / (1 + e);
    return gamma == 0 ? loss : 0.75f * (float) Math.pow(p, gamma) * loss;
  }

  /** The slope of 0.75 p^gamma softplus(x), or of softplus(x) without gamma. */
  private static double exact(double x, double gamma) {
    double p = 1 / (1 + Math.exp(-x));
    double loss = Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
    return gamma == 0 ? p : 0.75 * Math.pow(p, gamma) * (p + gamma * loss * (1 - p));
  }

  private static double plain(float x, float gamma) {
    float e = (float) Math.exp(-Math.abs(x));
    float p = (x >= 0 ? 1 : e) / (1 + e);
    if (gamma == 0) {
      return p;
    }
    float loss = Math.max(x, 0) + (float) Math.log1p(e);
    float factor = (float) Math.pow(p, gamma);
    return 0.75f * (factor * p + loss * gamma * (float) Math.pow(p, gamma - 1) * (p * (1 - p)));
  }
}
