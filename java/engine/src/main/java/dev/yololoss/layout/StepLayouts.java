package dev.yololoss.layout;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.StructLayout;

/** The structures of {@code loss_description.h} and {@code step.h}, field by field. */
public final class StepLayouts {
  public static final int MAX_HEADS = 8;
  public static final int MAX_ANCHORS_PER_HEAD = 16;
  public static final int MAX_POOL = 64;

  public static final StructLayout HEAD =
      struct(
          "HeadDescription",
          JAVA_INT.withName("stride"),
          JAVA_INT.withName("anchor_count"),
          MemoryLayout.sequenceLayout(MAX_ANCHORS_PER_HEAD, JAVA_INT).withName("anchors"),
          JAVA_DOUBLE.withName("scale_xy"));

  public static final StructLayout ANCHOR =
      struct("AnchorDescription", JAVA_DOUBLE.withName("width"), JAVA_DOUBLE.withName("height"));

  public static final StructLayout LOSS =
      struct(
          "LossDescription",
          JAVA_INT.withName("decoding"),
          JAVA_INT.withName("assignment_rule"),
          JAVA_INT.withName("extra_overlap"),
          JAVA_INT.withName("ignore_rule"),
          JAVA_INT.withName("empty_images"),
          JAVA_INT.withName("box_kind"),
          JAVA_INT.withName("box_convention"),
          JAVA_INT.withName("gradient_mode"),
          JAVA_INT.withName("objectness_kind"),
          JAVA_INT.withName("objectness_target"),
          JAVA_INT.withName("sort_by_iou"),
          JAVA_INT.withName("smooth"),
          JAVA_INT.withName("class_kind"),
          JAVA_INT.withName("collision"),
          JAVA_INT.withName("bce"),
          JAVA_INT.withName("reduction"),
          JAVA_INT.withName("autobalance"),
          JAVA_INT.withName("balance_stride"),
          JAVA_INT.withName("balance_count"),
          JAVA_INT.withName("classes"),
          JAVA_INT.withName("head_count"),
          JAVA_INT.withName("pool_count"),
          JAVA_INT.withName("anchor_unit"),
          JAVA_INT.withName("has_class_weights"),
          JAVA_DOUBLE.withName("ratio_limit"),
          JAVA_DOUBLE.withName("extra_iou"),
          JAVA_DOUBLE.withName("ignore_threshold"),
          JAVA_DOUBLE.withName("truth_threshold"),
          JAVA_DOUBLE.withName("box_weight"),
          JAVA_DOUBLE.withName("max_delta"),
          JAVA_DOUBLE.withName("objectness_weight"),
          JAVA_DOUBLE.withName("match_weight"),
          JAVA_DOUBLE.withName("elsewhere_weight"),
          JAVA_DOUBLE.withName("objectness_positive_weight"),
          JAVA_DOUBLE.withName("iou_share"),
          JAVA_DOUBLE.withName("class_weight"),
          JAVA_DOUBLE.withName("class_positive_weight"),
          JAVA_DOUBLE.withName("label_smoothing"),
          JAVA_DOUBLE.withName("focal_gamma"),
          MemoryLayout.sequenceLayout(MAX_HEADS, HEAD).withName("heads"),
          MemoryLayout.sequenceLayout(MAX_POOL, ANCHOR).withName("pool"));

  public static final StructLayout VIEW =
      struct(
          "TensorView",
          JAVA_INT.withName("type"),
          JAVA_INT.withName("height"),
          JAVA_INT.withName("width"),
          JAVA_INT.withName("reserved"),
          JAVA_LONG.withName("image_stride"),
          JAVA_LONG.withName("anchor_stride"),
          JAVA_LONG.withName("attribute_stride"),
          JAVA_LONG.withName("row_stride"),
          JAVA_LONG.withName("column_stride"));

  public static final StructLayout TARGET =
      struct(
          "Target",
          JAVA_INT.withName("image"),
          JAVA_INT.withName("category"),
          JAVA_DOUBLE.withName("cx"),
          JAVA_DOUBLE.withName("cy"),
          JAVA_DOUBLE.withName("w"),
          JAVA_DOUBLE.withName("h"));

  public static final StructLayout REQUEST =
      struct(
          "StepRequest",
          JAVA_INT.withName("mode"),
          JAVA_INT.withName("images"),
          JAVA_INT.withName("target_count"),
          JAVA_INT.withName("has_gradients"),
          JAVA_INT.withName("keeps_gradients"),
          JAVA_INT.withName("non_finite"),
          JAVA_DOUBLE.withName("gradient_scale"),
          MemoryLayout.sequenceLayout(MAX_HEADS, JAVA_DOUBLE).withName("balance"),
          MemoryLayout.sequenceLayout(MAX_HEADS, VIEW).withName("predictions"),
          MemoryLayout.sequenceLayout(MAX_HEADS, VIEW).withName("gradients"));

  public static final StructLayout PARTS =
      struct(
          "Parts",
          JAVA_DOUBLE.withName("box"),
          JAVA_DOUBLE.withName("objectness"),
          JAVA_DOUBLE.withName("classification"));

  public static final StructLayout RAW_SUMS =
      struct(
          "RawSums",
          JAVA_DOUBLE.withName("xy"),
          JAVA_DOUBLE.withName("wh"),
          JAVA_DOUBLE.withName("overlap"),
          JAVA_DOUBLE.withName("objectness_on_matches"),
          JAVA_DOUBLE.withName("objectness_elsewhere"),
          JAVA_DOUBLE.withName("classification"));

  public static final StructLayout TALLY =
      struct(
          "DeltaTally",
          JAVA_DOUBLE.withName("iou"),
          JAVA_DOUBLE.withName("iou_loss"),
          JAVA_DOUBLE.withName("giou_loss"),
          JAVA_LONG.withName("matches"),
          JAVA_LONG.withName("boxes"),
          JAVA_LONG.withName("rewritten_boxes"),
          JAVA_DOUBLE.withName("box_squares"),
          JAVA_DOUBLE.withName("objectness_squares"),
          JAVA_DOUBLE.withName("class_squares"));

  public static final StructLayout MATCH =
      struct(
          "MatchRow",
          JAVA_INT.withName("target"),
          JAVA_INT.withName("layer"),
          JAVA_INT.withName("image"),
          JAVA_INT.withName("anchor"),
          JAVA_INT.withName("row"),
          JAVA_INT.withName("column"),
          JAVA_INT.withName("replaced"),
          JAVA_INT.withName("reserved"),
          JAVA_DOUBLE.withName("iou"),
          JAVA_DOUBLE.withName("box_loss"),
          JAVA_DOUBLE.withName("objectness_loss"),
          JAVA_DOUBLE.withName("class_loss"));

  public static final StructLayout RESULT =
      struct(
          "StepResult",
          PARTS.withName("total"),
          MemoryLayout.sequenceLayout(MAX_HEADS, PARTS).withName("per_layer"),
          MemoryLayout.sequenceLayout(MAX_HEADS, RAW_SUMS).withName("raw_sums"),
          MemoryLayout.sequenceLayout(MAX_HEADS, TALLY).withName("tallies"),
          MemoryLayout.sequenceLayout(MAX_HEADS, JAVA_DOUBLE).withName("next_balance"),
          JAVA_DOUBLE.withName("mean_iou"),
          JAVA_DOUBLE.withName("recall50"),
          JAVA_DOUBLE.withName("recall75"),
          JAVA_DOUBLE.withName("objectness_on_matches"),
          JAVA_DOUBLE.withName("objectness_elsewhere"),
          JAVA_LONG.withName("ignored"),
          JAVA_INT.withName("match_count"),
          JAVA_INT.withName("collisions"),
          JAVA_INT.withName("non_finite_kind"),
          JAVA_INT.withName("non_finite_layer"),
          JAVA_INT.withName("non_finite_image"),
          JAVA_INT.withName("non_finite_anchor"),
          JAVA_INT.withName("non_finite_row"),
          JAVA_INT.withName("non_finite_column"),
          JAVA_INT.withName("non_finite_attribute"),
          JAVA_INT.withName("reserved"),
          JAVA_DOUBLE.withName("non_finite_value"),
          ADDRESS.withName("per_image"),
          ADDRESS.withName("matches"),
          MemoryLayout.sequenceLayout(MAX_HEADS, ADDRESS).withName("states"));

  private StepLayouts() {}

  /** Where a field starts. */
  public static long offset(StructLayout layout, String field) {
    return layout.byteOffset(PathElement.groupElement(field));
  }

  /** A structure without gaps between its fields, which C++ must have compiled likewise. */
  public static StructLayout struct(String name, MemoryLayout... fields) {
    return MemoryLayout.structLayout(fields).withName(name);
  }
}
