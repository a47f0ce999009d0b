package dev.yololoss;

import dev.yololoss.spec.Anchor;
import dev.yololoss.spec.AnchorUnit;
import dev.yololoss.spec.BceForm;
import dev.yololoss.spec.BoxDecoding;
import dev.yololoss.spec.BoxTerm;
import dev.yololoss.spec.ClassTerm;
import dev.yololoss.spec.GradientMode;
import dev.yololoss.spec.Head;
import dev.yololoss.spec.Heads;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.ObjectnessTerm;
import dev.yololoss.spec.Overlap;
import dev.yololoss.spec.Preset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.IntStream;

/** Legal variants of a preset: heads, classes and about half of its options drawn. */
public final class RandomSpec {
  private static final List<BoxTerm.Kind> OVERLAPS =
      List.of(
          BoxTerm.Kind.ONE_MINUS_IOU,
          BoxTerm.Kind.ONE_MINUS_GIOU,
          BoxTerm.Kind.ONE_MINUS_DIOU,
          BoxTerm.Kind.ONE_MINUS_CIOU);

  private final Preset preset;
  private final Random random;
  private final int classes;
  private final Heads heads;

  private RandomSpec(Preset preset, Random random) {
    this.preset = preset;
    this.random = random;
    this.classes = pick(List.of(1, 2, 3, 3, 7, 81));
    this.heads = heads();
  }

  public static LossSpec of(Preset preset, Random random) {
    RandomSpec spec = new RandomSpec(preset, random);
    LossSpec.Builder builder = LossSpec.builder(preset).classes(spec.classes).heads(spec.heads);
    spec.options().forEach(builder::option);
    return builder.build();
  }

  /** Strides that divide 32, so that every multiple of 32 is a legal image side. */
  private Heads heads() {
    List<Integer> strides = pick(List.of(List.of(32), List.of(16, 32), List.of(32, 16, 8)));
    boolean spare = random.nextInt(3) == 0; // anchors that compete but belong to no head
    AnchorUnit unit = random.nextInt(4) == 0 ? AnchorUnit.IMAGE : AnchorUnit.PIXELS;
    List<Anchor> pool = new ArrayList<>();
    List<List<Integer>> members = new ArrayList<>();
    for (int stride : strides) {
      List<Integer> mine = new ArrayList<>();
      for (int n = 1 + random.nextInt(3); n > 0; n--) {
        mine.add(pool.size());
        pool.add(anchor(stride, unit));
      }
      Collections.shuffle(mine, random);
      members.add(mine);
      if (spare) {
        pool.add(anchor(stride, unit));
      }
    }
    boolean darknet = preset == Preset.DARKNET || preset == Preset.DARKNET_AUTODIFF;
    List<Head> list =
        IntStream.range(0, strides.size())
            .mapToObj(
                l ->
                    new Head(
                        strides.get(l),
                        members.get(l),
                        darknet && random.nextBoolean() ? 1 + random.nextInt(4) / 8.0 : 1))
            .toList();
    return new Heads(pool, list, unit);
  }

  private Anchor anchor(int stride, AnchorUnit unit) {
    double pixels = unit == AnchorUnit.PIXELS ? 1 : 1.0 / 128;
    return new Anchor(
        (1 + random.nextInt(6)) * stride / 2.0 * pixels,
        (1 + random.nextInt(6)) * stride / 2.0 * pixels);
  }

  private Map<String, Object> options() {
    Map<String, Object> drawn = new LinkedHashMap<>();
    for (String path : new TreeSet<>(preset.options())) {
      if (random.nextBoolean()) {
        drawn.put(path, value(path));
      }
    }
    makeLegal(drawn);
    return drawn;
  }

  private Object value(String path) {
    return switch (path) {
      case "assignment.ratioLimit" -> 1.5 + 4 * random.nextDouble();
      case "assignment.extraIou", "objectness.iouShare" -> random.nextDouble();
      case "assignment.extraOverlap" -> pick(List.of(Overlap.values()));
      case "ignore.threshold" -> 0.1 + 0.8 * random.nextDouble();
      case "ignore.truthThreshold" -> 0.3 + 0.7 * random.nextDouble();
      case "decoding" -> pick(List.of(BoxDecoding.DARKNET, BoxDecoding.DARKNET_NEW_COORDS));
      case "box.kind" -> pick(boxKinds());
      case "box.weight",
          "objectness.weight",
          "objectness.matchWeight",
          "objectness.elsewhereWeight",
          "classification.weight" ->
          0.05 + 2 * random.nextDouble();
      case "box.maxDelta" -> 0.2 + random.nextDouble();
      case "box.gradient" -> pick(List.of(GradientMode.values()));
      case "objectness.positiveWeight", "classification.positiveWeight" ->
          0.5 + 2 * random.nextDouble();
      case "objectness.sortByIou", "objectness.smooth", "reduction.autobalance" ->
          random.nextBoolean();
      case "objectness.target" ->
          pick(List.of(ObjectnessTerm.Target.ONE, ObjectnessTerm.Target.MATCH_IOU));
      case "classification.kind" -> pick(List.of(ClassTerm.Kind.DELTA, ClassTerm.Kind.FOCAL_DELTA));
      case "classification.perClass" -> random.doubles(classes, 0.1, 3).boxed().toList();
      case "classification.labelSmoothing" -> 0.3 * random.nextDouble();
      case "bce" -> pick(List.of(BceForm.values()));
      case "focalGamma" -> 2.5 * random.nextDouble();
      case "reduction.balance" ->
          random.doubles(heads.heads().size() + random.nextInt(2), 0.1, 4).boxed().toList();
      case "reduction.balanceStride" -> heads.heads().getFirst().stride();
      default -> throw new IllegalStateException("no values for option " + path);
    };
  }

  private List<BoxTerm.Kind> boxKinds() {
    List<BoxTerm.Kind> kinds = new ArrayList<>();
    switch (preset) {
      case YOLOV3_RATIO ->
          kinds.addAll(
              List.of(
                  BoxTerm.Kind.SQUARED_ERROR_CELL,
                  BoxTerm.Kind.SQUARED_ERROR_CELL_AND_IOU,
                  BoxTerm.Kind.ONE_MINUS_IOU));
      case YOLOV3_BEST ->
          kinds.addAll(List.of(BoxTerm.Kind.SQUARED_ERROR_CELL, BoxTerm.Kind.ONE_MINUS_IOU));
      default -> {
        kinds.add(BoxTerm.Kind.SQUARED_ERROR_DARKNET);
        kinds.addAll(OVERLAPS);
      }
    }
    return kinds;
  }

  /** Options that are free alone but not together. */
  private void makeLegal(Map<String, Object> drawn) {
    if (preset == Preset.YOLOV3_BCE && drawn.get("bce") != BceForm.FROM_LOGITS) {
      drawn.remove("objectness.positiveWeight");
      drawn.remove("classification.positiveWeight");
    }
    if (preset == Preset.YOLOV3_RATIO && drawn.get("box.kind") != null) {
      if (drawn.get("box.kind") == BoxTerm.Kind.SQUARED_ERROR_CELL) {
        drawn.put("objectness.target", ObjectnessTerm.Target.ONE);
      }
      if (drawn.get("box.kind") == BoxTerm.Kind.SQUARED_ERROR_CELL_AND_IOU) {
        drawn.put("objectness.target", ObjectnessTerm.Target.MATCH_IOU);
      }
    }
    if (preset == Preset.DARKNET_AUTODIFF && drawn.get("box.gradient") != GradientMode.DARKNET) {
      drawn.remove("box.maxDelta");
    }
    if (Boolean.TRUE.equals(drawn.get("reduction.autobalance"))) {
      drawn.put("reduction.balanceStride", heads.heads().getFirst().stride());
    }
  }

  private <T> T pick(List<T> choices) {
    return choices.get(random.nextInt(choices.size()));
  }
}
