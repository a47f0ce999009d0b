package dev.yololoss.trainer.check;

import dev.yololoss.DeltaTally;
import dev.yololoss.LossResult;
import dev.yololoss.spec.BoxDecoding;
import dev.yololoss.spec.BoxTerm;
import dev.yololoss.spec.ClassTerm;
import dev.yololoss.spec.GradientMode;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Overlap;
import dev.yololoss.spec.Preset;
import dev.yololoss.trainer.safetensors.SafetensorsException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** AlexeyAB/darknet's {@code [yolo]} section, and its reading of the truth list. */
final class DarknetTranslator implements Translator {
  @Override
  public Translated translate(Preset preset, CaseConfig config, List<double[]> rows)
      throws SafetensorsException {
    if (config.isSet("classes_multipliers")) {
      throw new SafetensorsException(
          config.file(), "config.classes_multipliers is set; the loss has no such option");
    }
    List<String> notes = new ArrayList<>();
    List<double[]> used = asDarknetReads(config, rows, notes);
    LossSpec spec = spec(preset, config);
    return new Translated(
        spec,
        used,
        preset == Preset.DARKNET ? DarknetTranslator::logged : Translated::parts,
        notes);
  }

  private static LossSpec spec(Preset preset, CaseConfig config) throws SafetensorsException {
    LossSpec.Builder builder =
        LossSpec.builder(preset)
            .classes(config.whole("classes"))
            .heads(PooledAnchors.of(config, config.number("scale_x_y")))
            .option("assignment.extraIou", config.number("iou_thresh"))
            .option("assignment.extraOverlap", overlap(config, "iou_thresh_kind"))
            .option("ignore.threshold", config.number("ignore_thresh"))
            .option("box.kind", kind(config))
            .option("box.weight", config.number("iou_normalizer"))
            .option("objectness.weight", config.number("obj_normalizer"))
            .option("classification.weight", config.number("cls_normalizer"))
            .option("classification.labelSmoothing", config.number("label_smooth_eps"));
    if (config.isSet("max_delta")) {
      builder.option("box.maxDelta", config.number("max_delta"));
    }
    if (config.number("truth_thresh") != 1) {
      builder.option("ignore.truthThreshold", config.number("truth_thresh"));
    }
    if (config.flag("objectness_smooth")) {
      builder.option("objectness.smooth", true);
    }
    if (config.flag("new_coords")) {
      builder.option("decoding", BoxDecoding.DARKNET_NEW_COORDS);
    }
    if (config.flag("focal_loss")) {
      builder.option("classification.kind", ClassTerm.Kind.FOCAL_DELTA);
    }
    if (config.isSet("gradient")) {
      builder.option("box.gradient", gradient(config));
    }
    return Translator.build(config, builder);
  }

  /**
   * The list of an image ends at the first x of 0 and at max_boxes; classes out of range are passed
   * over.
   */
  private static List<double[]> asDarknetReads(
      CaseConfig config, List<double[]> rows, List<String> notes) throws SafetensorsException {
    int classes = config.whole("classes");
    int most = config.isSet("max_boxes") ? config.whole("max_boxes") : Integer.MAX_VALUE;
    Set<Double> ended = new HashSet<>();
    Map<Double, Integer> read = new HashMap<>();
    List<double[]> used = new ArrayList<>();
    int afterEnd = 0;
    int badClass = 0;
    for (double[] row : rows) {
      double image = row[0];
      if (row[2] == 0 || read.getOrDefault(image, 0) >= most) {
        ended.add(image);
      }
      if (ended.contains(image)) {
        afterEnd++;
        continue;
      }
      read.merge(image, 1, Integer::sum);
      if (row[1] < 0 || row[1] >= classes) {
        badClass++;
        continue;
      }
      used.add(row);
    }
    if (afterEnd > 0) {
      notes.add("dropped " + afterEnd + " rows: darknet's list ends at x = 0 and after max_boxes");
    }
    if (badClass > 0) {
      notes.add("dropped " + badClass + " rows: class out of 0.." + (classes - 1));
    }
    return used;
  }

  private static BoxTerm.Kind kind(CaseConfig config) throws SafetensorsException {
    return switch (config.text("iou_loss")) {
      case "mse" -> BoxTerm.Kind.SQUARED_ERROR_DARKNET;
      case "iou" -> BoxTerm.Kind.ONE_MINUS_IOU;
      case "giou" -> BoxTerm.Kind.ONE_MINUS_GIOU;
      case "diou" -> BoxTerm.Kind.ONE_MINUS_DIOU;
      case "ciou" -> BoxTerm.Kind.ONE_MINUS_CIOU;
      default ->
          throw config.wrong(
              "iou_loss", config.node().get("iou_loss"), "mse, iou, giou, diou or ciou");
    };
  }

  private static GradientMode gradient(CaseConfig config) throws SafetensorsException {
    return switch (config.text("gradient")) {
      case "exact" -> GradientMode.EXACT;
      case "darknet" -> GradientMode.DARKNET;
      default -> throw config.wrong("gradient", config.node().get("gradient"), "exact or darknet");
    };
  }

  private static Overlap overlap(CaseConfig config, String key) throws SafetensorsException {
    for (Overlap overlap : Overlap.values()) {
      if (overlap.name().equalsIgnoreCase(config.text(key))) {
        return overlap;
      }
    }
    throw config.wrong(key, config.node().get(key), "iou, giou, diou or ciou");
  }

  private static double[] logged(LossResult result) {
    double[] sum = new double[12];
    for (DeltaTally t : result.diagnostics().deltaTallies()) {
      double[] of = {
        0,
        t.boxSquares() + t.objectnessSquares() + t.classSquares(),
        t.iou(),
        t.iouLoss(),
        t.giouLoss(),
        t.matches(),
        t.matches(),
        t.boxes(),
        t.rewrittenBoxes(),
        t.boxSquares(),
        t.objectnessSquares(),
        t.classSquares()
      };
      for (int i = 0; i < sum.length; i++) {
        sum[i] += of[i];
      }
    }
    sum[0] = result.total();
    return sum;
  }
}
