package dev.yololoss.trainer.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.yololoss.Backend;
import dev.yololoss.HeadTensor;
import dev.yololoss.LossEngine;
import dev.yololoss.LossResult;
import dev.yololoss.Match;
import dev.yololoss.RawSums;
import dev.yololoss.Targets;
import dev.yololoss.spec.BceForm;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Preset;
import dev.yololoss.trainer.safetensors.SafetensorsFile;
import dev.yololoss.trainer.safetensors.StoredTensor;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Why YOLOv3LossV2 explodes when its BCE is switched to logits: a masked logit is 0, and
 * BCE-with-logits of (0, 0) is ln 2.
 *
 * <p>The masked loss is written out here element by element; the expected numbers were measured by
 * replacing the BCE in the original program.
 */
class MaskedLogitsTest {
  private static final double LN2 = Math.log(2);

  @ParameterizedTest
  @CsvSource({
    "basic_96, 980.902308, 4125.711067, 4537",
    "crowded_128, 982.662611, 4458.795721, 5015",
    "empty_image, 1453.205220, 4993.107871, 5107",
    "no_targets_at_all, 968.133549, 4112.249160, 4536"
  })
  void eachMaskedElementCostsLn2(
      String name, double ofProbability, double withMaskedLogits, int maskedElements)
      throws Exception {
    try (SafetensorsFile file = SafetensorsFile.open(golden(name))) {
      LossSpec plain = spec(file, BceForm.OF_PROBABILITY);
      LossSpec fromLogits = spec(file, BceForm.FROM_LOGITS);
      List<HeadTensor> heads = heads(file, plain);
      Targets targets = targets(file);

      assertThat(total(plain, heads, targets)).isCloseTo(ofProbability, within(1e-6));
      assertThat(total(fromLogits, heads, targets))
          .as("masked terms")
          .isCloseTo(ofProbability, within(1e-6));

      Masked masked = maskLogits(fromLogits, heads, targets);
      assertThat(masked.total).as("masked logits").isCloseTo(withMaskedLogits, within(1e-6));
      assertThat(masked.elements).isEqualTo(maskedElements);
      assertThat(masked.total - ofProbability).isCloseTo(maskedElements * LN2, within(1e-6));
    }
  }

  /**
   * The loss with its logits masked.
   *
   * @param elements how many objectness and class elements were masked
   */
  private record Masked(double total, int elements) {}

  private static Masked maskLogits(LossSpec spec, List<HeadTensor> heads, Targets targets) {
    try (LossEngine engine = LossEngine.open(spec, Backend.REFERENCE)) {
      LossResult result = engine.value(heads, targets);
      List<Match> matches = result.matches();
      double sum = 0;
      for (RawSums sums : result.rawSums()) {
        sum += sums.xy() + sums.wh() / 2; // masked ones have weight 0 in both forms
      }
      List<BitSet> ignored = engine.searchIgnored(heads, targets).layers();
      int elements = 0;
      for (int layer = 0; layer < heads.size(); layer++) {
        HeadTensor head = heads.get(layer);
        int slot = 0;
        for (int image = 0; image < head.images(); image++) {
          for (int anchor = 0; anchor < head.anchors(); anchor++) {
            for (int row = 0; row < head.height(); row++) {
              for (int column = 0; column < head.width(); column++, slot++) {
                BitSet classes = classes(matches, targets, layer, image, anchor, row, column);
                double mask = ignored.get(layer).get(slot) ? 0 : 1;
                double positive = classes.isEmpty() ? 0 : 1;
                sum +=
                    bceWithLogits(mask * head.get(image, anchor, 4, row, column), mask * positive);
                elements += mask == 0 ? 1 : 0;
                for (int c = 0; c < spec.classes(); c++) {
                  sum +=
                      bceWithLogits(
                          positive * head.get(image, anchor, 5 + c, row, column),
                          classes.get(c) ? 1 : 0);
                  elements += positive == 0 ? 1 : 0;
                }
              }
            }
          }
        }
      }
      return new Masked(sum, elements);
    }
  }

  private static double bceWithLogits(double x, double t) {
    return Math.max(x, 0) - x * t + Math.log1p(Math.exp(-Math.abs(x)));
  }

  private static BitSet classes(
      List<Match> matches, Targets targets, int layer, int image, int anchor, int row, int column) {
    BitSet classes = new BitSet();
    for (Match m : matches) {
      if (m.layer() == layer
          && m.image() == image
          && m.anchor() == anchor
          && m.row() == row
          && m.column() == column) {
        classes.set(targets.category(m.target()));
      }
    }
    return classes;
  }

  private static double total(LossSpec spec, List<HeadTensor> heads, Targets targets) {
    try (LossEngine engine = LossEngine.open(spec, Backend.REFERENCE)) {
      return engine.value(heads, targets).total();
    }
  }

  private static LossSpec spec(SafetensorsFile file, BceForm form) throws IOException {
    CaseConfig config = CaseConfig.parse(file.path(), file.metadata().get("config"));
    return LossSpec.builder(Preset.YOLOV3_BCE)
        .classes(config.whole("classes"))
        .heads(PooledAnchors.of(config, 1))
        .option("ignore.threshold", config.number("ignore_thresh"))
        .option("bce", form)
        .build();
  }

  private static List<HeadTensor> heads(SafetensorsFile file, LossSpec spec) throws IOException {
    List<HeadTensor> heads = new ArrayList<>();
    for (int layer = 0; layer < spec.heads().heads().size(); layer++) {
      StoredTensor t = file.floats("pred." + layer, -1, -1, -1, -1);
      heads.add(
          HeadTensor.nchw(
              t.data(),
              t.type().elementType(),
              t.shape().get(0).intValue(),
              3,
              spec.attributes(),
              t.shape().get(2).intValue(),
              t.shape().get(3).intValue()));
    }
    return heads;
  }

  private static Targets targets(SafetensorsFile file) throws IOException {
    double[] all = file.floats("targets", -1, 6).toArray();
    double[][] rows = new double[all.length / 6][];
    Arrays.setAll(rows, r -> Arrays.copyOfRange(all, 6 * r, 6 * r + 6));
    return Targets.ofRows(rows);
  }

  private static Path golden(String name) throws URISyntaxException {
    return Path.of(
        MaskedLogitsTest.class.getResource("/golden/yolov3-bce/" + name + ".safetensors").toURI());
  }
}
