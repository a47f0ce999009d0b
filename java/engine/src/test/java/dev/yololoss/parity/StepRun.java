package dev.yololoss.parity;

import dev.yololoss.Backend;
import dev.yololoss.ElementType;
import dev.yololoss.EngineOptions;
import dev.yololoss.Gradients;
import dev.yololoss.GuardedTensor;
import dev.yololoss.IgnoreMask;
import dev.yololoss.LossEngine;
import dev.yololoss.LossResult;
import dev.yololoss.LossState;
import dev.yololoss.Match;
import dev.yololoss.NonFinite;
import dev.yololoss.NonFiniteException;
import dev.yololoss.Outcome;
import dev.yololoss.RandomCase;
import java.util.List;
import java.util.Optional;

/**
 * What an engine made of a case, each operation of it.
 *
 * @param outcome what the step gave; empty if it threw
 * @param thrown what the step threw
 * @param gradients what the step left in the caller's memory, also when it threw
 */
public record StepRun(
    Optional<Outcome> outcome,
    Optional<NonFinite> thrown,
    List<GuardedTensor> gradients,
    LossState state,
    List<Match> assigned,
    IgnoreMask ignored) {
  public static StepRun of(Backend backend, StepCase input) {
    return of(EngineOptions.on(backend), input);
  }

  public static StepRun of(EngineOptions options, StepCase input) {
    try (LossEngine engine = LossEngine.open(input.input().spec(), options.with(input.policy()))) {
      return of(engine, input);
    }
  }

  public static StepRun of(LossEngine engine, StepCase input) {
    RandomCase drawn = input.input();
    // NATIVE computes floats and widens them for double memory, so the reference rounds likewise
    ElementType type =
        engine.backend() == Backend.REFERENCE && input.gradientType() == ElementType.F64
            ? ElementType.F32
            : input.gradientType();
    List<GuardedTensor> gradients =
        drawn.predictions().stream()
            .map(p -> RandomCase.like(p, type, input.gradientLayout(), (byte) 0x55))
            .toList();
    Optional<Outcome> outcome = Optional.empty();
    Optional<NonFinite> thrown = Optional.empty();
    try {
      LossResult r =
          engine.compute(
              drawn.predictions(),
              drawn.targets(),
              Gradients.into(gradients.stream().map(GuardedTensor::tensor).toList()),
              input.scale());
      outcome =
          Optional.of(
              new Outcome(
                  r.parts(),
                  r.perLayer(),
                  r.perImage(),
                  r.rawSums(),
                  r.diagnostics(),
                  r.matches(),
                  gradients.stream().map(GuardedTensor::tensor).toList()));
    } catch (NonFiniteException e) {
      thrown = Optional.of(e.where());
    }
    return new StepRun(
        outcome,
        thrown,
        gradients,
        engine.state(),
        engine.assign(drawn.predictions(), drawn.targets()),
        engine.searchIgnored(drawn.predictions(), drawn.targets()));
  }
}
