package dev.yololoss.host;

import dev.yololoss.Backend;
import dev.yololoss.EngineOptions;
import dev.yololoss.spec.Heads;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Preset;

/** Opens an engine with and without a number of threads, and prints what they say of themselves. */
final class ThreadsProbe {
  private ThreadsProbe() {}

  public static void main(String[] arguments) {
    LossSpec spec = LossSpec.builder(Preset.YOLOV5).classes(1).heads(Heads.COCO_P3_P5).build();
    for (int threads : new int[] {0, 3}) {
      EngineOptions options = EngineOptions.on(Backend.NATIVE).withThreads(threads);
      try (HostExecutor executor = new HostExecutor(spec, options)) {
        System.out.println(threads + " asked: " + executor.description());
      }
    }
  }
}
