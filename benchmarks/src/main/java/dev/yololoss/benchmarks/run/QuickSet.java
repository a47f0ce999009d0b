package dev.yololoss.benchmarks.run;

import static dev.yololoss.benchmarks.run.Case.of;

import dev.yololoss.benchmarks.run.Case.Kind;
import java.util.List;

/** What tells most in five minutes. Ours and a peer that does the same work stand side by side. */
final class QuickSet {
  static final String STEP = "YoloLossBenchmark.step";
  static final String TORCH = "TorchYolov5Benchmark.step";
  static final String DJL = "DjlYolov3Benchmark.step";
  static final String DL4J = "Dl4jYolo2Benchmark.step";

  private QuickSet() {}

  static List<Case> cases() {
    return List.of(
        of("MemoryFloorBenchmark.clearGradients"),
        of("MemoryFloorBenchmark.clearGradientsOnAllCores"),
        of("MemoryFloorBenchmark.clearGradientsOnAllCores", "cache", "WARM"),
        of("MemoryFloorBenchmark.readObjectness"),
        of(STEP),
        of(STEP, "cache", "COLD"),
        of(STEP, "buffer", "CLEARED"),
        of(STEP, "layout", "ATTRIBUTE_LAST"),
        of(TORCH),
        of(TORCH).keepingMemory(),
        of(STEP, "backend", "REFERENCE").as(Kind.SLOW),
        of(STEP, "type", "F16"),
        of(STEP, "threads", "1"),
        of(STEP, "targets", "1000"),
        of(STEP, "targets", "1000", "buffer", "CLEARED"),
        of(STEP, "targets", "160"),
        of(STEP, "targets", "4800"),
        of(STEP, "targets", "0", "classes", "20"),
        of(STEP, "targets", "0", "classes", "1000", "batch", "4"),
        of(STEP, "targets", "0", "classes", "20", "batch", "4"),
        of(STEP, "preset", "YOLOV3_BCE", "batch", "8", "size", "416", "targets", "64"),
        of(DJL),
        of(
            STEP,
            "preset",
            "YOLOV2_V1",
            "batch",
            "8",
            "size",
            "416",
            "classes",
            "20",
            "targets",
            "64"),
        of(DL4J),
        of("AssignTargetsBenchmark.assign"),
        of("SearchIgnoredBenchmark.search", "preset", "YOLOV3_BCE"),
        of("DecodeBenchmark.decode", "batch", "1"),
        of("PairwiseIouBenchmark.overlapAndGradient"),
        of("SigmoidBceBenchmark.valueAndGradient"),
        of("FirstResultBenchmark.openAndStep").as(Kind.FIRST_CALL),
        of(STEP).as(Kind.ALLOCATION));
  }
}
