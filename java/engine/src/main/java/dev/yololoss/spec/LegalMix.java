package dev.yololoss.spec;

import static dev.yololoss.spec.BoxTerm.Kind.SQUARED_ERROR_CELL;
import static dev.yololoss.spec.BoxTerm.Kind.SQUARED_ERROR_CELL_AND_IOU;
import static dev.yololoss.spec.BoxTerm.Kind.SQUARED_ERROR_DARKNET;

import java.util.Set;

/** Mixes of options that each preset leaves free by itself, but not together. */
final class LegalMix {
  private LegalMix() {}

  static void require(LossSpec spec) {
    classWeights(spec);
    positiveWeights(spec);
    balance(spec);
    switch (spec.preset()) {
      case YOLOV3_RATIO -> {
        kinds(
            spec,
            Set.of(SQUARED_ERROR_CELL, SQUARED_ERROR_CELL_AND_IOU, BoxTerm.Kind.ONE_MINUS_IOU));
        target(spec);
        boolean both = spec.box().kind() == SQUARED_ERROR_CELL_AND_IOU;
        boolean iou = spec.objectness().target() == ObjectnessTerm.Target.MATCH_IOU;
        if (spec.box().kind() != BoxTerm.Kind.ONE_MINUS_IOU && both != iou) {
          throw mix(
              "box.kind",
              spec.box().kind(),
              "objectness.target",
              spec.objectness().target(),
              "compute_loss adds 1 - IoU to the squared errors exactly when the objectness target"
                  + " is the IoU");
        }
      }
      case YOLOV3_BEST -> {
        kinds(spec, Set.of(SQUARED_ERROR_CELL, BoxTerm.Kind.ONE_MINUS_IOU));
        target(spec);
      }
      case DARKNET -> {
        darknetKinds(spec);
        if (!spec.decoding().inImageUnits()) {
          throw mix(
              "decoding",
              spec.decoding(),
              "preset",
              spec.preset().id(),
              "allowed are DARKNET and DARKNET_NEW_COORDS");
        }
        if (spec.classification().kind() != ClassTerm.Kind.DELTA
            && spec.classification().kind() != ClassTerm.Kind.FOCAL_DELTA) {
          throw mix(
              "classification.kind",
              spec.classification().kind(),
              "preset",
              spec.preset().id(),
              "allowed are DELTA and FOCAL_DELTA");
        }
      }
      case DARKNET_AUTODIFF -> {
        darknetKinds(spec);
        if (spec.box().gradient() == GradientMode.EXACT
            && !Double.isInfinite(spec.box().maxDelta())) {
          throw mix(
              "box.maxDelta",
              spec.box().maxDelta(),
              "box.gradient",
              GradientMode.EXACT,
              "only darknet's deltas are clipped");
        }
      }
      default -> {}
    }
    scaleXY(spec); // last, since a wrong decoding is the better thing to name
  }

  private static void darknetKinds(LossSpec spec) {
    if (!spec.box().kind().isOverlap() && spec.box().kind() != SQUARED_ERROR_DARKNET) {
      throw mix(
          "box.kind",
          spec.box().kind(),
          "preset",
          spec.preset().id(),
          "allowed are SQUARED_ERROR_DARKNET and the ONE_MINUS kinds");
    }
  }

  private static void kinds(LossSpec spec, Set<BoxTerm.Kind> allowed) {
    if (!allowed.contains(spec.box().kind())) {
      throw mix(
          "box.kind",
          spec.box().kind(),
          "preset",
          spec.preset().id(),
          "allowed are " + new java.util.TreeSet<>(allowed));
    }
  }

  private static void target(LossSpec spec) {
    if (spec.objectness().target() == ObjectnessTerm.Target.BEST_IOU) {
      throw mix(
          "objectness.target",
          spec.objectness().target(),
          "preset",
          spec.preset().id(),
          "allowed are ONE and MATCH_IOU");
    }
  }

  private static void classWeights(LossSpec spec) {
    int given = spec.classification().perClass().size();
    if (given != 0 && given != spec.classes()) {
      throw mix(
          "classification.perClass",
          given + " weights",
          "classes",
          spec.classes(),
          "one weight a class");
    }
  }

  private static void scaleXY(LossSpec spec) {
    for (int layer = 0; layer < spec.heads().heads().size(); layer++) {
      double scale = spec.heads().heads().get(layer).scaleXY();
      if (scale != 1 && !spec.decoding().inImageUnits()) {
        throw mix(
            "heads[" + layer + "].scaleXY",
            scale,
            "decoding",
            spec.decoding(),
            "only darknet's decoding has it");
      }
    }
  }

  private static void positiveWeights(LossSpec spec) {
    if (spec.bce() == BceForm.OF_PROBABILITY) {
      positiveWeightOfLogits("objectness.positiveWeight", spec.objectness().positiveWeight());
      positiveWeightOfLogits(
          "classification.positiveWeight", spec.classification().positiveWeight());
    }
  }

  private static void positiveWeightOfLogits(String field, double weight) {
    if (weight != 1) {
      throw mix(
          field,
          weight,
          "bce",
          BceForm.OF_PROBABILITY,
          "a positive weight belongs to a BCE from logits");
    }
  }

  private static void balance(LossSpec spec) {
    Reduction reduction = spec.reduction();
    int heads = spec.heads().heads().size();
    if (!reduction.balance().isEmpty() && reduction.balance().size() < heads) {
      throw mix(
          "reduction.balance",
          reduction.balance(),
          "heads",
          heads + " of them",
          "one factor a head");
    }
    if (reduction.autobalance()
        && spec.heads().heads().stream().noneMatch(h -> h.stride() == reduction.balanceStride())) {
      throw mix(
          "reduction.balanceStride",
          reduction.balanceStride(),
          "heads",
          spec.heads().heads().stream().map(Head::stride).toList(),
          "must be the stride of a head");
    }
  }

  private static SpecException mix(
      String field, Object value, String other, Object otherValue, String why) {
    return new SpecException(
        field + " " + value + " does not go with " + other + " " + otherValue + ": " + why);
  }
}
