package dev.yololoss.spec;

import static dev.yololoss.spec.Assignment.Rule.BEST_ANCHOR_IN_CELL;
import static dev.yololoss.spec.Assignment.Rule.BEST_PREDICTION;
import static dev.yololoss.spec.Assignment.Rule.BEST_SHAPE;
import static dev.yololoss.spec.Assignment.Rule.SHAPE_RATIO;
import static dev.yololoss.spec.Assignment.Rule.SHAPE_RATIO_WITH_NEIGHBOURS;
import static dev.yololoss.spec.Ignore.EmptyImages.COUNT;
import static dev.yololoss.spec.Ignore.EmptyImages.SKIP;
import static dev.yololoss.spec.Ignore.Rule.IOU_ABOVE;
import static dev.yololoss.spec.Ignore.Rule.IOU_ABOVE_AND_CLASS;
import static dev.yololoss.spec.Ignore.Rule.IOU_AT_LEAST;
import static dev.yololoss.spec.Ignore.Rule.NOBODY;
import static dev.yololoss.spec.ObjectnessTerm.Target.BEST_IOU;
import static dev.yololoss.spec.ObjectnessTerm.Target.MATCH_IOU;
import static dev.yololoss.spec.ObjectnessTerm.Target.ONE;

import java.util.List;

/**
 * What each preset answers to every question, with the heads and the number of classes of its
 * original's main data set.
 */
final class PresetDefaults {
  private PresetDefaults() {}

  static LossSpec of(Preset preset) {
    return switch (preset) {
      case YOLOV5 -> yolov5(preset, MATCH_IOU, ClassTerm.Kind.BCE, OverlapConvention.YOLOV5);
      case YOLOV5_CE ->
          yolov5(
              preset, MATCH_IOU, ClassTerm.Kind.SOFTMAX_CROSS_ENTROPY, OverlapConvention.YOLOV5_0);
      case YOLOV2 ->
          yolov2(
              preset,
              IOU_AT_LEAST,
              ObjectnessTerm.Kind.SQUARED_WEIGHTED_ERROR,
              Reduction.Kind.HALVED_SUM_OVER_BATCH);
      case YOLOV2_OLD, YOLOV2_V2 ->
          yolov2(
              preset,
              IOU_AT_LEAST,
              ObjectnessTerm.Kind.SQUARED_WEIGHTED_ERROR,
              Reduction.Kind.SUM_OVER_BATCH);
      case YOLOV2_V1 ->
          yolov2(preset, NOBODY, ObjectnessTerm.Kind.SQUARED_ERROR, Reduction.Kind.SUM_OVER_BATCH);
      case YOLOV3_LOGITS -> yolov3Logits();
      case YOLOV3_BCE -> yolov3Bce();
      case YOLOV3_RATIO -> fromScratch(preset, SHAPE_RATIO, 2);
      case YOLOV3_BEST -> fromScratch(preset, BEST_PREDICTION, 0);
      case DARKNET -> darknet();
      case DARKNET_AUTODIFF -> darknetAutodiff();
    };
  }

  /** {@code balance} of yolov5: three heads have their own, others take the first of five. */
  static List<Double> yolov5Balance(int heads) {
    return heads == 3 ? List.of(4.0, 1.0, 0.4) : List.of(4.0, 1.0, 0.25, 0.06, 0.02);
  }

  private static LossSpec yolov5(
      Preset preset,
      ObjectnessTerm.Target target,
      ClassTerm.Kind classes,
      OverlapConvention convention) {
    return new LossSpec(
        preset,
        80,
        Heads.COCO_P3_P5,
        BoxDecoding.YOLOV5,
        new Assignment(SHAPE_RATIO_WITH_NEIGHBOURS, 4, 1, Overlap.IOU),
        new Ignore(NOBODY, 1, 1, COUNT),
        box(BoxTerm.Kind.ONE_MINUS_CIOU, convention, 0.05),
        new ObjectnessTerm(ObjectnessTerm.Kind.BCE, target, 1, 1, 1, 1, 1, false, false),
        new ClassTerm(classes, 0.5, 1, List.of(), 0),
        Collision.ACCUMULATE,
        BceForm.FROM_LOGITS,
        0,
        new Reduction(Reduction.Kind.LAYER_MEANS_TIMES_BATCH, yolov5Balance(3), false, 16));
  }

  private static LossSpec yolov2(
      Preset preset, Ignore.Rule ignore, ObjectnessTerm.Kind objectness, Reduction.Kind reduction) {
    return new LossSpec(
        preset,
        20,
        Heads.VOC_YOLOV2,
        BoxDecoding.SIGMOID_EXP,
        new Assignment(BEST_ANCHOR_IN_CELL, 0, 1, Overlap.IOU),
        new Ignore(ignore, ignore == NOBODY ? 1 : 0.6, 1, SKIP),
        box(BoxTerm.Kind.SQUARED_ERROR_EXP, OverlapConvention.PLAIN, 1),
        new ObjectnessTerm(objectness, BEST_IOU, 1, 5, 1, 1, 1, false, false),
        new ClassTerm(ClassTerm.Kind.SOFTMAX_CROSS_ENTROPY, 1, 1, List.of(), 0),
        Collision.LAST_WINS,
        BceForm.FROM_LOGITS,
        0,
        plain(reduction));
  }

  private static LossSpec yolov3Logits() {
    return new LossSpec(
        Preset.YOLOV3_LOGITS,
        80,
        Heads.COCO_YOLOV3,
        BoxDecoding.SIGMOID_EXP,
        new Assignment(BEST_ANCHOR_IN_CELL, 0, 1, Overlap.IOU),
        new Ignore(IOU_AT_LEAST, 0.5, 1, SKIP),
        box(BoxTerm.Kind.BCE_AND_SQUARED_ERROR_EXP, OverlapConvention.PLAIN, 1),
        new ObjectnessTerm(ObjectnessTerm.Kind.BCE, BEST_IOU, 1, 1, 1, 1, 1, false, false),
        bceClasses(),
        Collision.UNITE_CLASSES,
        BceForm.FROM_LOGITS,
        0,
        plain(Reduction.Kind.SUM_OVER_BATCH));
  }

  private static LossSpec yolov3Bce() {
    return new LossSpec(
        Preset.YOLOV3_BCE,
        80,
        Heads.COCO_YOLOV3,
        BoxDecoding.SIGMOID_EXP,
        new Assignment(BEST_SHAPE, 0, 1, Overlap.IOU),
        new Ignore(IOU_ABOVE, 0.7, 1, COUNT),
        box(BoxTerm.Kind.BCE_AND_SQUARED_ERROR_LOG, OverlapConvention.PLAIN, 1),
        new ObjectnessTerm(ObjectnessTerm.Kind.BCE, ONE, 1, 1, 1, 1, 1, false, false),
        bceClasses(),
        Collision.UNITE_CLASSES,
        BceForm.OF_PROBABILITY,
        0,
        plain(Reduction.Kind.SUM));
  }

  private static LossSpec fromScratch(Preset preset, Assignment.Rule rule, double ratioLimit) {
    return new LossSpec(
        preset,
        80,
        Heads.COCO_YOLOV3,
        BoxDecoding.SIGMOID_EXP_LIMITED,
        new Assignment(rule, ratioLimit, 1, Overlap.IOU),
        new Ignore(NOBODY, 1, 1, COUNT),
        box(BoxTerm.Kind.ONE_MINUS_IOU, OverlapConvention.PLAIN, 1),
        new ObjectnessTerm(
            ObjectnessTerm.Kind.BCE_WEIGHTED_BY_RARITY, ONE, 1, 1, 1, 1, 1, false, false),
        bceClasses(),
        Collision.ACCUMULATE,
        BceForm.FROM_LOGITS,
        0,
        plain(Reduction.Kind.RUNNING_LAYER_MEANS));
  }

  private static LossSpec darknet() {
    return new LossSpec(
        Preset.DARKNET,
        80,
        Heads.COCO_YOLOV4,
        BoxDecoding.DARKNET,
        new Assignment(BEST_SHAPE, 0, 1, Overlap.IOU),
        new Ignore(IOU_ABOVE_AND_CLASS, 0.5, 1, COUNT),
        new BoxTerm(
            BoxTerm.Kind.SQUARED_ERROR_DARKNET,
            OverlapConvention.DARKNET,
            0.75,
            Double.POSITIVE_INFINITY,
            GradientMode.DARKNET),
        new ObjectnessTerm(ObjectnessTerm.Kind.DELTA, ONE, 1, 1, 1, 1, 1, false, false),
        new ClassTerm(ClassTerm.Kind.DELTA, 1, 1, List.of(), 0),
        Collision.ADD_DELTAS,
        BceForm.FROM_LOGITS,
        0,
        plain(Reduction.Kind.SUM));
  }

  private static LossSpec darknetAutodiff() {
    return new LossSpec(
        Preset.DARKNET_AUTODIFF,
        80,
        Heads.COCO_YOLOV4,
        BoxDecoding.DARKNET,
        new Assignment(BEST_SHAPE, 0, 1, Overlap.IOU),
        new Ignore(IOU_ABOVE_AND_CLASS, 0.5, 1, COUNT),
        box(BoxTerm.Kind.ONE_MINUS_CIOU, OverlapConvention.YOLOV5, 0.75),
        new ObjectnessTerm(ObjectnessTerm.Kind.BCE, ONE, 1, 1, 1, 1, 1, false, false),
        bceClasses(),
        Collision.AVERAGE_BOXES_UNITE_CLASSES,
        BceForm.FROM_LOGITS,
        0,
        plain(Reduction.Kind.SUM_OVER_BATCH));
  }

  private static BoxTerm box(BoxTerm.Kind kind, OverlapConvention convention, double weight) {
    return new BoxTerm(kind, convention, weight, Double.POSITIVE_INFINITY, GradientMode.EXACT);
  }

  private static ClassTerm bceClasses() {
    return new ClassTerm(ClassTerm.Kind.BCE, 1, 1, List.of(), 0);
  }

  private static Reduction plain(Reduction.Kind kind) {
    return new Reduction(kind, List.of(), false, 0);
  }
}
