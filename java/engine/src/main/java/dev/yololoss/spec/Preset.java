package dev.yololoss.spec;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The losses that programs train with, by name. Each is a {@link LossSpec} with all questions
 * answered and some options left free.
 */
public enum Preset {
  YOLOV5(
      "yolov5",
      "ultralytics/yolov5 v7.0 ComputeLoss, commit 915bbf2",
      "1-CIoU + BCE(obj, IoU) on cell and neighbours by shape ratio < 4 + BCE(classes); means per"
          + " layer x gains x batch",
      "assignment.ratioLimit",
      "box.weight",
      "objectness.weight",
      "objectness.positiveWeight",
      "objectness.iouShare",
      "objectness.sortByIou",
      "classification.weight",
      "classification.positiveWeight",
      "classification.perClass",
      "classification.labelSmoothing",
      "focalGamma",
      "reduction.balance",
      "reduction.autobalance",
      "reduction.balanceStride"),
  YOLOV5_CE(
      "yolov5-ce",
      "ultralytics/yolov5 v5.0 ComputeLoss, commit f5b8f7d, with CrossEntropyLoss (flyfish)",
      "as yolov5 with v5.0's CIoU and softmax cross-entropy for classes that exclude each other",
      "assignment.ratioLimit",
      "box.weight",
      "objectness.weight",
      "objectness.positiveWeight",
      "objectness.iouShare",
      "classification.weight",
      "classification.perClass",
      "reduction.balance",
      "reduction.autobalance",
      "reduction.balanceStride"),
  YOLOV2(
      "yolov2",
      "zjykzj/YOLOv2 YOLOv2Loss, commit 68b66ce",
      "squared errors of s(xy), e^wh, objectness against best IoU (weights squared), softmax"
          + " classes; coordinate and IoU terms halved; / batch",
      Yolov2Options.OF_ALL),
  YOLOV2_OLD(
      "yolov2-old",
      "zjykzj/YOLOv2 YOLOv2Loss, commit b54447e",
      "as yolov2 without the halves",
      Yolov2Options.OF_ALL),
  YOLOV2_V1(
      "yolov2-v1",
      "zjykzj/YOLOv2 YOLOv2Loss, commit 3146100",
      "as yolov2-old with nobody ignored and plain weights",
      "box.weight",
      "objectness.matchWeight",
      "objectness.elsewhereWeight",
      "classification.weight",
      "classification.perClass"),
  YOLOV2_V2(
      "yolov2-v2",
      "zjykzj/YOLOv2 YOLOv2Loss, commit 14b8f5f",
      "as yolov2-old (the two differ only in how the original fails on empty images)",
      Yolov2Options.OF_ALL),
  YOLOV3_LOGITS(
      "yolov3-logits",
      "zjykzj/YOLOv3 YOLOv3Loss, commit c331ab1",
      "(2-area)(BCE xy + squared e^wh / 2), BCE(obj, best IoU), ignored at IoU >= 0.5, BCE classes;"
          + " anchors compete in the cell; / batch",
      "ignore.threshold",
      "box.weight",
      "objectness.matchWeight",
      "objectness.elsewhereWeight",
      "objectness.positiveWeight",
      "classification.weight",
      "classification.positiveWeight",
      "classification.perClass"),
  YOLOV3_BCE(
      "yolov3-bce",
      "zjykzj/YOLOv3 YOLOv3LossV2, commit c331ab1, and DeNA/PyTorch_YOLOv3 YOLOLayer, commit"
          + " 1a3cd6e",
      "(2-area)(BCE xy + squared log wh / 2), BCE(obj, 1), ignored above IoU 0.7, BCE classes; best"
          + " shape; plain sum",
      "ignore.threshold",
      "bce",
      "objectness.positiveWeight",
      "classification.positiveWeight",
      "classification.perClass"),
  YOLOV3_RATIO(
      "yolov3-ratio",
      "numbersmithy, YOLOv3 from scratch, part 6: compute_loss (2022-06-22)",
      "squared errors or 1-IoU, BCE(obj) weighted by rarity, BCE classes; anchor by"
          + " |w/aw-1|+|h/ah-1| < 2 in every layer",
      "assignment.ratioLimit",
      "box.kind",
      "objectness.target",
      "classification.positiveWeight",
      "classification.perClass"),
  YOLOV3_BEST(
      "yolov3-best",
      "numbersmithy, YOLOv3 from scratch, part 6: compute_loss2 (2022-06-22)",
      "as yolov3-ratio, but the best predicted box over all layers is responsible",
      "box.kind",
      "objectness.target",
      "classification.positiveWeight",
      "classification.perClass"),
  DARKNET(
      "darknet",
      "AlexeyAB/darknet yolo layer (YOLOv3, YOLOv4), commit 59596d7",
      "darknet's deltas as they are: IoU-family box deltas, obj and class t - p, ignored by IoU and"
          + " class; the gradient is minus the delta",
      "assignment.extraIou",
      "assignment.extraOverlap",
      "ignore.threshold",
      "ignore.truthThreshold",
      "decoding",
      "box.kind",
      "box.weight",
      "box.maxDelta",
      "objectness.weight",
      "objectness.smooth",
      "classification.kind",
      "classification.weight",
      "classification.labelSmoothing"),
  DARKNET_AUTODIFF(
      "darknet-autodiff",
      "the rules of AlexeyAB/darknet's yolo layer as an ordinary loss",
      "1-CIoU / targets on the slot, BCE obj and classes, ignored by IoU and class; / batch;"
          + " gradient EXACT or DARKNET",
      "assignment.extraIou",
      "assignment.extraOverlap",
      "ignore.threshold",
      "box.kind",
      "box.weight",
      "box.maxDelta",
      "box.gradient",
      "objectness.weight",
      "objectness.positiveWeight",
      "classification.weight",
      "classification.positiveWeight",
      "classification.perClass",
      "classification.labelSmoothing");

  /** The options that all weight-squaring forms of YOLOv2 share. */
  private static final class Yolov2Options {
    static final String[] OF_ALL = {
      "ignore.threshold",
      "box.weight",
      "objectness.matchWeight",
      "objectness.elsewhereWeight",
      "classification.weight",
      "classification.perClass"
    };
  }

  private final String id;
  private final String source;
  private final String formula;
  private final Set<String> options;

  Preset(String id, String source, String formula, String... options) {
    this.id = id;
    this.source = source;
    this.formula = formula;
    this.options = Set.of(options);
  }

  /** The name in JSON and on the command line. */
  public String id() {
    return id;
  }

  /** The program it reproduces, with its commit. */
  public String source() {
    return source;
  }

  /** The formula in one line. */
  public String formula() {
    return formula;
  }

  /**
   * The options that may differ from the preset, as paths in the JSON; {@code classes} and the
   * heads are free everywhere.
   */
  public Set<String> options() {
    return options;
  }

  /** Other names of the same loss. */
  public List<String> aliases() {
    return switch (this) {
      case YOLOV2 -> List.of("yolov2-half");
      case YOLOV3_BCE -> List.of("dena");
      default -> List.of();
    };
  }

  /**
   * The preset of a name or alias.
   *
   * @throws SpecException if there is none
   */
  public static Preset of(String name) {
    return Arrays.stream(values())
        .filter(p -> p.id.equals(name) || p.aliases().contains(name))
        .findFirst()
        .orElseThrow(
            () ->
                new SpecException(
                    "preset is \""
                        + name
                        + "\"; allowed are "
                        + Arrays.stream(values())
                            .map(Preset::id)
                            .collect(Collectors.joining(", "))));
  }
}
