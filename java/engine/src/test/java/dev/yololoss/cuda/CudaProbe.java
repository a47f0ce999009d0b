package dev.yololoss.cuda;

import dev.yololoss.Backend;
import dev.yololoss.BackendUnavailableException;
import dev.yololoss.CudaBinding;
import dev.yololoss.Doctor;
import dev.yololoss.EngineOptions;
import dev.yololoss.LossEngine;
import dev.yololoss.RandomCase;
import dev.yololoss.spec.Preset;
import java.util.List;

/** Asks for CUDA through each binding, and prints what comes. */
final class CudaProbe {
  private CudaProbe() {}

  public static void main(String[] arguments) {
    RandomCase input = RandomCase.draw(Preset.YOLOV5, RandomCase.Mood.CALM, 1);
    for (CudaBinding binding : CudaBinding.values()) {
      try (LossEngine engine =
          LossEngine.open(input.spec(), EngineOptions.on(Backend.CUDA).with(binding))) {
        engine.compute(input.predictions(), input.targets()).total();
        System.out.println(binding + " computes");
      } catch (BackendUnavailableException e) {
        System.out.println(binding + ": " + e.getMessage());
      }
    }
    for (Backend backend : List.of(Backend.CUDA, Backend.NATIVE)) {
      List<String> reasons = Doctor.reasonsAgainst(EngineOptions.on(backend));
      System.out.println("against " + backend + ": " + reasons);
    }
    System.out.println("tmpdir is " + System.getProperty("java.io.tmpdir"));
  }
}
