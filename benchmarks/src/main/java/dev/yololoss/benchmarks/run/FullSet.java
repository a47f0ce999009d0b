package dev.yololoss.benchmarks.run;

import static dev.yololoss.benchmarks.run.Case.of;
import static dev.yololoss.benchmarks.run.QuickSet.STEP;
import static dev.yololoss.benchmarks.run.QuickSet.TORCH;

import dev.yololoss.benchmarks.run.Case.Kind;
import dev.yololoss.spec.Preset;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;

/** The quick set and every axis. */
final class FullSet {
  private static final List<String> BACKENDS = List.of("NATIVE", "REFERENCE");

  private FullSet() {}

  static List<Case> cases() {
    List<Case> cases = new ArrayList<>(QuickSet.cases());
    cases.addAll(presets());
    cases.addAll(axes());
    cases.addAll(parts());
    cases.add(of(TORCH, "targets", "1000"));
    cases.add(of(TORCH, "targets", "1000").keepingMemory());
    return List.copyOf(new LinkedHashSet<>(cases));
  }

  /** Each preset with its own heads, the standard batch, every way to hand memory over. */
  private static List<Case> presets() {
    List<Case> cases = new ArrayList<>();
    for (Preset preset : Preset.values()) {
      for (String targets : List.of("100", "1000")) {
        Case step = of(STEP, "preset", preset.name(), "targets", targets);
        for (String layout : List.of("NCHW", "ATTRIBUTE_LAST")) {
          for (String type : List.of("F32", "F16")) {
            for (String buffer : List.of("KEPT", "CLEARED")) {
              cases.add(step.with("layout", layout).with("type", type).with("buffer", buffer));
            }
          }
        }
      }
      cases.add(of(STEP, "preset", preset.name(), "backend", "REFERENCE").as(Kind.SLOW));
    }
    return cases;
  }

  /**
   * Classes, truths per image and threads, one at a time, for a loss without and one with a search.
   */
  private static List<Case> axes() {
    List<Case> cases = new ArrayList<>();
    for (String preset : List.of("YOLOV5", "YOLOV3_BCE")) {
      for (String classes : List.of("1", "20", "80", "1000")) {
        for (String targets : List.of("0", "40")) {
          // a smaller batch: a thousand classes of the standard one are 6.5 GB with their gradient
          cases.add(
              of(STEP, "preset", preset, "batch", "4", "classes", classes, "targets", targets));
        }
      }
      for (int truths : List.of(0, 10, 50, 300)) {
        for (String threads : List.of("1", "2")) {
          cases.add(
              of(
                  STEP,
                  "preset",
                  preset,
                  "targets",
                  String.valueOf(16 * truths),
                  "threads",
                  threads));
        }
      }
    }
    return cases;
  }

  private static List<Case> parts() {
    List<Case> cases = new ArrayList<>();
    for (String backend : BACKENDS) {
      Kind kind = backend.equals("NATIVE") ? Kind.SAMPLED : Kind.SLOW;
      cases.add(of("DecodeBenchmark.decode", "batch", "1", "backend", backend).as(kind));
      cases.add(of("PairwiseIouBenchmark.overlapAndGradient", "backend", backend).as(kind));
      cases.add(of("SigmoidBceBenchmark.valueAndGradient", "backend", backend).as(kind));
      for (String preset : List.of("YOLOV5", "YOLOV3_BCE")) {
        cases.add(
            of("AssignTargetsBenchmark.assign", "preset", preset, "backend", backend).as(kind));
      }
      cases.add(
          of("SearchIgnoredBenchmark.search", "preset", "YOLOV3_BCE", "backend", backend).as(kind));
    }
    return cases;
  }
}
