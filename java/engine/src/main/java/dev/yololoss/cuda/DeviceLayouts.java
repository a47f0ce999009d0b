package dev.yololoss.cuda;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.yololoss.layout.StepLayouts;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;

/**
 * The structures of {@code device_step.h}, field by field. Addresses of device memory are longs.
 */
final class DeviceLayouts {
  static final int TILE_CELLS = 1024;
  static final int CANDIDATES_PER_BLOCK = 64;
  static final int MOST_DENSE_BLOCKS = 1024;
  static final int DENSE_FIELDS = 10;
  static final int MATCH_FIELDS = 18;

  static final StructLayout GRID =
      StepLayouts.struct(
          "Grid",
          JAVA_INT.withName("layer"),
          JAVA_INT.withName("images"),
          JAVA_INT.withName("anchors"),
          JAVA_INT.withName("height"),
          JAVA_INT.withName("width"),
          JAVA_INT.withName("stride"),
          JAVA_BYTE.withName("in_image_units"),
          MemoryLayout.paddingLayout(7),
          JAVA_DOUBLE.withName("scale_xy"),
          perAnchor(JAVA_DOUBLE, "anchor_width"),
          perAnchor(JAVA_DOUBLE, "anchor_height"),
          perAnchor(JAVA_INT, "members"));

  static final StructLayout TABLE =
      StepLayouts.struct(
          "MatchTable",
          JAVA_LONG.withName("slot"),
          JAVA_LONG.withName("next"),
          JAVA_LONG.withName("first"),
          JAVA_LONG.withName("is_matched"));

  static final StructLayout POSITIVE =
      StepLayouts.struct(
          "PositiveRecord",
          JAVA_INT.withName("target"),
          JAVA_INT.withName("slot"),
          JAVA_INT.withName("replaced"),
          JAVA_INT.withName("reserved"),
          JAVA_DOUBLE.withName("iou"),
          JAVA_DOUBLE.withName("box_loss"),
          JAVA_DOUBLE.withName("objectness_loss"),
          JAVA_DOUBLE.withName("class_loss"),
          StepLayouts.PARTS.withName("share"));

  static final StructLayout LAYER =
      StepLayouts.struct(
          "DeviceLayer",
          GRID.withName("grid"),
          JAVA_INT.withName("candidates_per_target"),
          JAVA_INT.withName("candidate_capacity"),
          JAVA_INT.withName("tiles_per_plane"),
          JAVA_INT.withName("tiles"),
          JAVA_INT.withName("tiles_per_block"),
          JAVA_INT.withName("first_dense_block"),
          JAVA_INT.withName("dense_blocks"),
          JAVA_INT.withName("first_match_block"),
          JAVA_INT.withName("match_blocks"),
          JAVA_INT.withName("reserved"),
          MemoryLayout.sequenceLayout(2, TABLE).withName("tables"),
          JAVA_LONG.withName("ordered_next"),
          JAVA_LONG.withName("state"),
          JAVA_LONG.withName("above"),
          JAVA_LONG.withName("written"),
          JAVA_LONG.withName("written_special"),
          JAVA_LONG.withName("positives"),
          JAVA_LONG.withName("tile_parts"));

  static final StructLayout CARRIED =
      StepLayouts.struct(
          "Carried",
          MemoryLayout.sequenceLayout(
                  2, MemoryLayout.sequenceLayout(StepLayouts.MAX_HEADS, JAVA_INT))
              .withName("table_candidates"),
          perHead(JAVA_INT, "written_candidates"),
          perHead(JAVA_INT, "written_specials"));

  static final StructLayout PLAN =
      StepLayouts.struct(
          "Plan",
          StepLayouts.LOSS.withName("loss"),
          MemoryLayout.sequenceLayout(StepLayouts.MAX_POOL, StepLayouts.ANCHOR).withName("pool"),
          perHead(LAYER, "layers"),
          JAVA_INT.withName("images"),
          JAVA_INT.withName("target_capacity"),
          JAVA_INT.withName("assign_blocks"),
          JAVA_INT.withName("clear_blocks"),
          JAVA_INT.withName("dense_blocks"),
          JAVA_INT.withName("match_blocks"),
          JAVA_LONG.withName("class_weights"),
          JAVA_LONG.withName("dense_sums"),
          JAVA_LONG.withName("match_sums"),
          JAVA_LONG.withName("best_of_target"),
          JAVA_LONG.withName("carried"));

  static final StructLayout COUNTERS =
      StepLayouts.struct(
          "StepCounters",
          JAVA_LONG.withName("first_prediction"),
          JAVA_LONG.withName("first_stored"),
          perHead(JAVA_INT, "positives"),
          perHead(JAVA_INT, "specials"),
          JAVA_INT.withName("blocks_done"),
          JAVA_INT.withName("reserved"));

  static final StructLayout INPUT =
      StepLayouts.struct(
          "StepInput",
          JAVA_INT.withName("parity"),
          JAVA_INT.withName("target_count"),
          JAVA_INT.withName("has_gradients"),
          JAVA_INT.withName("keeps_gradients"),
          JAVA_INT.withName("clear"),
          JAVA_INT.withName("non_finite"),
          JAVA_DOUBLE.withName("gradient_scale"),
          perHead(JAVA_DOUBLE, "balance"),
          perHead(StepLayouts.VIEW, "predictions"),
          perHead(StepLayouts.VIEW, "gradients"),
          perHead(JAVA_LONG, "prediction_data"),
          perHead(JAVA_LONG, "gradient_data"),
          JAVA_LONG.withName("targets"),
          JAVA_LONG.withName("image_first"),
          JAVA_LONG.withName("image_rows"),
          COUNTERS.withName("counters"));

  static final StructLayout ELEMENTS =
      StepLayouts.struct(
          "Elements",
          JAVA_INT.withName("type"),
          JAVA_INT.withName("reserved"),
          JAVA_LONG.withName("data"));

  static final StructLayout SIGMOID_BCE_OPTIONS =
      StepLayouts.struct(
          "SigmoidBceOptions",
          JAVA_DOUBLE.withName("positive_weight"),
          JAVA_DOUBLE.withName("focal_gamma"),
          JAVA_DOUBLE.withName("label_smoothing"),
          JAVA_DOUBLE.withName("gradient_scale"),
          JAVA_LONG.withName("categories"),
          JAVA_INT.withName("classes"),
          JAVA_INT.withName("reserved"));

  private DeviceLayouts() {}

  private static MemoryLayout perHead(MemoryLayout element, String name) {
    return MemoryLayout.sequenceLayout(StepLayouts.MAX_HEADS, element).withName(name);
  }

  private static MemoryLayout perAnchor(MemoryLayout element, String name) {
    return MemoryLayout.sequenceLayout(StepLayouts.MAX_ANCHORS_PER_HEAD, element).withName(name);
  }
}
