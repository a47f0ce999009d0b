package dev.yololoss;

import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Preset;

/** Asks for NATIVE and AUTO, and prints what comes. */
final class LoadProbe {
  private LoadProbe() {}

  public static void main(String[] arguments) {
    LossSpec spec = SmallCase.spec(Preset.YOLOV5, SmallCase.ONE_HEAD);
    RandomCase input = SmallCase.of(spec, 1);
    for (int n = 0;
        n < 2;
        n++) { // the second time nothing is tried again, and the answer is the same
      try (LossEngine engine = LossEngine.open(spec, Backend.NATIVE)) {
        engine.compute(input.predictions(), input.targets());
        System.out.println("NATIVE computes");
      } catch (BackendUnavailableException e) {
        System.out.println("NATIVE: " + e.getMessage());
      }
    }
    try (LossEngine engine = LossEngine.open(spec, Backend.AUTO)) {
      engine.compute(input.predictions(), input.targets());
      System.out.println("AUTO is " + engine.choice());
    }
  }
}
