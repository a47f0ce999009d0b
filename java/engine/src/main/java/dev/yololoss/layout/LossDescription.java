package dev.yololoss.layout;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.yololoss.Backend;
import dev.yololoss.spec.Anchor;
import dev.yololoss.spec.Head;
import dev.yololoss.spec.Heads;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.SpecException;
import java.lang.foreign.MemorySegment;

/**
 * Writes a loss as the structure that C++ reads. Enumerators go by their ordinal, which both sides
 * share.
 */
public final class LossDescription {
  private final MemorySegment memory;
  private final Backend backend;

  private LossDescription(MemorySegment memory, Backend backend) {
    this.memory = memory;
    this.backend = backend;
  }

  /**
   * Writes a loss over memory of zeros.
   *
   * @param memory of the size of {@link StepLayouts#LOSS}
   * @param backend which is to read it, for messages
   * @throws SpecException if the loss has more heads or anchors than the structure
   */
  public static void write(LossSpec spec, MemorySegment memory, Backend backend) {
    LossDescription description = new LossDescription(memory, backend);
    description.rules(spec);
    description.numbers(spec);
    description.heads(spec.heads());
  }

  private void rules(LossSpec spec) {
    put("decoding", spec.decoding());
    put("assignment_rule", spec.assignment().rule());
    put("extra_overlap", spec.assignment().extraOverlap());
    put("ignore_rule", spec.ignore().rule());
    put("empty_images", spec.ignore().emptyImages());
    put("box_kind", spec.box().kind());
    put("box_convention", spec.box().convention());
    put("gradient_mode", spec.box().gradient());
    put("objectness_kind", spec.objectness().kind());
    put("objectness_target", spec.objectness().target());
    put("sort_by_iou", spec.objectness().sortByIou() ? 1 : 0);
    put("smooth", spec.objectness().smooth() ? 1 : 0);
    put("class_kind", spec.classification().kind());
    put("collision", spec.collision());
    put("bce", spec.bce());
    put("reduction", spec.reduction().kind());
    put("autobalance", spec.reduction().autobalance() ? 1 : 0);
    put("balance_stride", spec.reduction().balanceStride());
    put("balance_count", spec.reduction().balance().size());
    put("classes", spec.classes());
    put("has_class_weights", spec.classification().perClass().isEmpty() ? 0 : 1);
  }

  private void numbers(LossSpec spec) {
    put("ratio_limit", spec.assignment().ratioLimit());
    put("extra_iou", spec.assignment().extraIou());
    put("ignore_threshold", spec.ignore().threshold());
    put("truth_threshold", spec.ignore().truthThreshold());
    put("box_weight", spec.box().weight());
    put("max_delta", spec.box().maxDelta());
    put("objectness_weight", spec.objectness().weight());
    put("match_weight", spec.objectness().matchWeight());
    put("elsewhere_weight", spec.objectness().elsewhereWeight());
    put("objectness_positive_weight", spec.objectness().positiveWeight());
    put("iou_share", spec.objectness().iouShare());
    put("class_weight", spec.classification().weight());
    put("class_positive_weight", spec.classification().positiveWeight());
    put("label_smoothing", spec.classification().labelSmoothing());
    put("focal_gamma", spec.focalGamma());
  }

  private void heads(Heads heads) {
    requireAtMost("heads", heads.heads().size(), StepLayouts.MAX_HEADS);
    requireAtMost("anchors", heads.anchors().size(), StepLayouts.MAX_POOL);
    put("head_count", heads.heads().size());
    put("pool_count", heads.anchors().size());
    put("anchor_unit", heads.unit());
    for (int n = 0; n < heads.anchors().size(); n++) {
      Anchor anchor = heads.anchors().get(n);
      long at = StepLayouts.offset(StepLayouts.LOSS, "pool") + 2L * Double.BYTES * n;
      memory.set(JAVA_DOUBLE, at, anchor.width());
      memory.set(JAVA_DOUBLE, at + Double.BYTES, anchor.height());
    }
    for (int layer = 0; layer < heads.heads().size(); layer++) {
      Head head = heads.heads().get(layer);
      requireAtMost("anchors of a head", head.anchors().size(), StepLayouts.MAX_ANCHORS_PER_HEAD);
      long at = StepLayouts.offset(StepLayouts.LOSS, "heads") + StepLayouts.HEAD.byteSize() * layer;
      memory.set(JAVA_INT, at + StepLayouts.offset(StepLayouts.HEAD, "stride"), head.stride());
      memory.set(
          JAVA_INT,
          at + StepLayouts.offset(StepLayouts.HEAD, "anchor_count"),
          head.anchors().size());
      memory.set(
          JAVA_DOUBLE, at + StepLayouts.offset(StepLayouts.HEAD, "scale_xy"), head.scaleXY());
      for (int a = 0; a < head.anchors().size(); a++) {
        memory.set(
            JAVA_INT,
            at + StepLayouts.offset(StepLayouts.HEAD, "anchors") + 4L * a,
            head.anchors().get(a));
      }
    }
  }

  private void requireAtMost(String what, int count, int most) {
    if (count > most) {
      throw new SpecException(
          "the backend "
              + backend
              + " takes at most "
              + most
              + " "
              + what
              + "; this loss has "
              + count);
    }
  }

  private void put(String field, Enum<?> value) {
    put(field, value.ordinal());
  }

  private void put(String field, int value) {
    memory.set(JAVA_INT, StepLayouts.offset(StepLayouts.LOSS, field), value);
  }

  private void put(String field, double value) {
    memory.set(JAVA_DOUBLE, StepLayouts.offset(StepLayouts.LOSS, field), value);
  }
}
