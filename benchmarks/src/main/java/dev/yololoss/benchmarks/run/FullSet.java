package dev.yololoss.benchmarks.run;

import static dev.yololoss.benchmarks.run.Case.of;
import static dev.yololoss.benchmarks.run.QuickSet.STEP;
import static dev.yololoss.benchmarks.run.QuickSet.TORCH;

import dev.yololoss.benchmarks.run.Case.Kind;
import dev.yololoss.spec.Overlap;
import dev.yololoss.spec.Preset;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;

/** The quick set and every axis. */
final class FullSet {
  private FullSet() {}

  static List<Case> cases() {
    List<Case> cases = new ArrayList<>(QuickSet.cases());
    cases.addAll(presets());
    cases.addAll(axes());
    cases.addAll(operations());
    cases.add(of(TORCH, "targets", "1000"));
    cases.add(of(TORCH, "targets", "1000").keepingMemory());
    return List.copyOf(new LinkedHashSet<>(cases));
  }

  /**
   * Each preset with its own heads: the standard batch with every way to hand memory over, and the
   * batch of the older programs, 8 images of 416 pixels with 8 boxes each.
   */
  private static List<Case> presets() {
    List<Case> cases = new ArrayList<>();
    for (Preset preset : Preset.values()) {
      Case standard = of(STEP, "preset", preset.name());
      Case older = standard.with("batch", "8").with("size", "416").with("targets", "64");
      for (String targets : List.of("100", "1000")) {
        for (String layout : List.of("NCHW", "ATTRIBUTE_LAST")) {
          for (String type : List.of("F32", "F16")) {
            for (String buffer : List.of("KEPT", "CLEARED")) {
              cases.add(
                  standard
                      .with("targets", targets)
                      .with("layout", layout)
                      .with("type", type)
                      .with("buffer", buffer));
            }
          }
        }
      }
      cases.add(older);
      cases.add(standard.with("backend", "REFERENCE").as(Kind.SLOW));
      cases.add(older.with("backend", "REFERENCE").as(Kind.SLOW));
    }
    return cases;
  }

  /**
   * Classes, truths per image and threads, one at a time, for a loss without and one with a search.
   */
  private static List<Case> axes() {
    List<Case> cases = new ArrayList<>();
    for (String preset : List.of("YOLOV5", "YOLOV3_BCE")) {
      Case step = of(STEP, "preset", preset);
      for (String classes : List.of("1", "20", "80", "1000")) {
        for (String targets : List.of("0", "40")) {
          // a smaller batch: a thousand classes of the standard one are 3.2 GB with their gradient
          cases.add(step.with("batch", "4").with("classes", classes).with("targets", targets));
        }
      }
      for (int truths : List.of(0, 10, 50, 300)) {
        for (String threads : List.of("1", "2")) {
          cases.add(step.with("targets", String.valueOf(16 * truths)).with("threads", threads));
        }
      }
    }
    return cases;
  }

  /** Each operation alone, on both backends. */
  private static List<Case> operations() {
    List<Case> operations = new ArrayList<>();
    operations.add(of("DecodeBenchmark.decode", "batch", "1"));
    operations.add(of("SigmoidBceBenchmark.valueAndGradient"));
    for (Overlap overlap : Overlap.values()) {
      operations.add(of("PairwiseIouBenchmark.overlapAndGradient", "overlap", overlap.name()));
    }
    for (Preset preset : Preset.values()) {
      operations.add(of("AssignTargetsBenchmark.assign", "preset", preset.name()));
    }
    for (String preset : List.of("YOLOV2", "YOLOV3_LOGITS", "YOLOV3_BCE", "DARKNET")) {
      operations.add(of("SearchIgnoredBenchmark.search", "preset", preset));
    }
    List<Case> cases = new ArrayList<>();
    cases.add(of("ScanBenchmark.scan", "batch", "1")); // the same on both
    for (Case operation : operations) {
      cases.add(operation.with("backend", "NATIVE"));
      cases.add(operation.with("backend", "REFERENCE").as(Kind.SLOW));
    }
    return cases;
  }
}
