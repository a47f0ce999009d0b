package dev.yololoss.parity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.yololoss.EngineOptions;
import dev.yololoss.LossEngine;
import dev.yololoss.RandomCase;
import dev.yololoss.Seed;
import dev.yololoss.TensorValues;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The same bits every time. */
public abstract class RepeatSuite {
  private static final Seed SEED = Seed.of(RepeatSuite.class);

  /** The backend that is looked at, and how it runs. */
  protected abstract EngineOptions options();

  @Test
  protected void anEngineThatHasRunBeforeGivesTheSameBits() {
    SEED.draws(60)
        .forEach(
            seed -> {
              StepCase input = StepCase.draw(seed);
              StepCase other = like(input, seed + 1_000_000);
              StepRun first = StepRun.of(options(), input);
              try (LossEngine engine =
                  LossEngine.open(input.input().spec(), options().with(input.policy()))) {
                var fresh = engine.state();
                for (int again = 0; again < 4; again++) {
                  StepRun.of(engine, other);
                  engine.restore(fresh);
                  same("run " + again + ", " + input.name(seed), first, StepRun.of(engine, input));
                }
              }
            });
  }

  /** A case with the same loss and policy but other shapes and targets. */
  private static StepCase like(StepCase input, long seed) {
    return new StepCase(
        RandomCase.of(input.input().spec(), RandomCase.Mood.AWKWARD, seed),
        input.gradientType(),
        input.gradientLayout(),
        input.scale(),
        input.policy());
  }

  /** Requires the same bits of everything. */
  protected static void same(String name, StepRun expected, StepRun actual) {
    assertThat(bits(actual)).as(name).isEqualTo(bits(expected));
    for (int layer = 0; layer < expected.gradients().size(); layer++) {
      assertThat(TensorValues.of(actual.gradients().get(layer).tensor()))
          .as("gradient " + layer + ", " + name)
          .isEqualTo(TensorValues.of(expected.gradients().get(layer).tensor()));
    }
  }

  /** Everything but the gradients; records of doubles compare bit for bit. */
  private static List<Object> bits(StepRun run) {
    return List.of(
        run.outcome()
            .map(
                o ->
                    List.of(
                        o.parts(),
                        o.perLayer(),
                        o.perImage(),
                        o.rawSums(),
                        o.diagnostics(),
                        o.matches()))
            .orElse(List.of()),
        run.thrown(),
        run.state(),
        run.assigned(),
        run.ignored());
  }
}
