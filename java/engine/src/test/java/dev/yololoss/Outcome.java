package dev.yololoss;

import java.util.List;

/** What one step gave, copied so that it outlives the engine. */
public record Outcome(
    LossParts parts,
    List<LossParts> perLayer,
    List<LossParts> perImage,
    List<RawSums> rawSums,
    Diagnostics diagnostics,
    List<Match> matches,
    List<HeadTensor> gradients) {
  /** A step on a fresh engine, with gradients in double. */
  public static Outcome of(Backend backend, RandomCase input) {
    try (LossEngine engine = LossEngine.open(input.spec(), EngineOptions.on(backend))) {
      return of(engine, input);
    }
  }

  /** A step on an engine, with gradients in double. */
  public static Outcome of(LossEngine engine, RandomCase input) {
    List<HeadTensor> gradients =
        input.predictions().stream()
            .map(p -> RandomCase.like(p, ElementType.F64, TensorLayout.NCHW, (byte) 0x55).tensor())
            .toList();
    LossResult r = engine.compute(input.predictions(), input.targets(), Gradients.into(gradients));
    return new Outcome(
        r.parts(),
        r.perLayer(),
        r.perImage(),
        r.rawSums(),
        r.diagnostics(),
        r.matches(),
        gradients);
  }
}
