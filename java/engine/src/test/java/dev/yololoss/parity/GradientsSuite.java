package dev.yololoss.parity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.yololoss.ElementType;
import dev.yololoss.EngineOptions;
import dev.yololoss.Gradients;
import dev.yololoss.HeadTensor;
import dev.yololoss.LossEngine;
import dev.yololoss.LossState;
import dev.yololoss.NonFiniteException;
import dev.yololoss.RandomCase;
import dev.yololoss.Seed;
import dev.yololoss.TargetException;
import dev.yololoss.Targets;
import dev.yololoss.TensorLayout;
import dev.yololoss.TensorValues;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Preset;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Gradients that an engine keeps, of which it clears only what the last step wrote, against those
 * of a fresh engine in cleared memory: bit for bit, whatever happened in between.
 */
public abstract class GradientsSuite {
  /** The backend that is compared, and how it runs. */
  protected abstract EngineOptions options();

  private static final int STEPS = 24;
  private static final Seed SEED = Seed.of(GradientsSuite.class);

  /** What happens between two steps into the engine's own gradients. */
  private enum Event {
    NOTHING,
    VALUE,
    CALLERS_BUFFER,
    BAD_TARGET,
    NON_FINITE,
    ASSIGN,
    SEARCH_IGNORED,
    DECODE,
    RESTORE
  }

  @ParameterizedTest
  @EnumSource(Preset.class)
  protected void nothingOfAnEarlierStepRemains(Preset preset) {
    SEED.draws(3).forEach(seed -> sequence(preset, seed));
  }

  private void sequence(Preset preset, long seed) {
    Random random = new Random(seed);
    LossSpec spec = RandomCase.draw(preset, RandomCase.Mood.AWKWARD, seed).spec();
    ElementType type =
        List.of(ElementType.F32, ElementType.F16, ElementType.BF16).get((int) (seed % 3));
    RandomCase shape = RandomCase.of(spec, RandomCase.Mood.AWKWARD, seed);
    try (LossEngine engine = LossEngine.open(spec, options())) {
      for (int step = 0; step < STEPS; step++) {
        if (random.nextInt(3) == 0) { // multi-scale: another shape
          shape = RandomCase.of(spec, mood(random), seed * 100 + step);
        }
        RandomCase input = next(spec, shape, seed * 100 + step, random).as(type, TensorLayout.NCHW);
        Event event = Event.values()[random.nextInt(Event.values().length)];
        happen(event, engine, input);
        String name = input.name() + ", step " + step + " after " + event + ", -Dseed=" + SEED;
        LossState before = engine.state();
        attempt(() -> engine.compute(input.predictions(), input.targets()).total());
        List<double[]> expected = fresh(input, before);
        List<HeadTensor> kept = onHost(engine);
        for (int layer = 0; layer < kept.size(); layer++) {
          assertThat(TensorValues.of(kept.get(layer)))
              .as(name + ", layer " + layer)
              .isEqualTo(expected.get(layer));
        }
      }
    }
  }

  /** Other targets; new predictions too where a case of this shape comes up. */
  private static RandomCase next(LossSpec spec, RandomCase shape, long seed, Random random) {
    return LongStream.range(seed * 7, seed * 7 + 40)
        .mapToObj(s -> RandomCase.of(spec, mood(new Random(s)), s))
        .filter(c -> sameShape(c, shape))
        .findFirst()
        .orElseGet(() -> random.nextBoolean() ? shape : shape.with(shape.predictions(), none()));
  }

  private static RandomCase.Mood mood(Random random) {
    return random.nextBoolean() ? RandomCase.Mood.CALM : RandomCase.Mood.AWKWARD;
  }

  private static Targets none() {
    return Targets.builder().build();
  }

  private static boolean sameShape(RandomCase a, RandomCase b) {
    HeadTensor p = a.predictions().getFirst();
    HeadTensor q = b.predictions().getFirst();
    return p.images() == q.images() && p.height() == q.height() && p.width() == q.width();
  }

  private static void happen(Event event, LossEngine engine, RandomCase input) {
    switch (event) {
      case NOTHING -> {}
      case VALUE -> attempt(() -> engine.value(input.predictions(), input.targets()).total());
      case CALLERS_BUFFER ->
          attempt(() -> engine.compute(input.predictions(), input.targets(), own(input)).total());
      case BAD_TARGET -> {
        Targets bad = Targets.builder().add(0, 0, 2, 0.5, 0.5, 0.5).build();
        assertThatThrownBy(() -> engine.compute(input.predictions(), bad))
            .isInstanceOf(TargetException.class);
      }
      case NON_FINITE -> nonFinite(engine, input);
      case ASSIGN -> engine.assign(input.predictions(), input.targets());
      case SEARCH_IGNORED -> engine.searchIgnored(input.predictions(), input.targets());
      case DECODE -> engine.decode(input.predictions());
      case RESTORE ->
          engine.restore(
              new LossState(
                  engine.state().balance().stream().map(factor -> factor * 1.25).toList()));
    }
  }

  /** The engine's own gradients, wherever it computes. */
  private static List<HeadTensor> onHost(LossEngine engine) {
    return engine.copyToHost(engine.gradients().tensors(), Arena.ofAuto());
  }

  /** A loss that reads every objectness throws, and leaves zeros. */
  private static void nonFinite(LossEngine engine, RandomCase input) {
    List<HeadTensor> spoilt = new ArrayList<>();
    for (HeadTensor p : input.predictions()) {
      spoilt.add(RandomCase.copy(p, p.type(), TensorLayout.ATTRIBUTE_LAST));
      HeadTensor last = spoilt.getLast();
      for (int n = 0; n < last.images() * last.anchors(); n++) {
        last.set(n / last.anchors(), n % last.anchors(), 4, 0, 0, Double.NaN);
      }
    }
    LossState before = engine.state();
    try {
      engine.compute(spoilt, input.targets()).total();
    } catch (NonFiniteException e) {
      for (HeadTensor g : onHost(engine)) {
        assertThat(TensorValues.of(g)).containsOnly(0);
      }
      assertThat(engine.state()).isEqualTo(before);
    }
  }

  /**
   * A gradient that overflows its type throws and leaves zeros, on either side of the comparison.
   */
  private static void attempt(Runnable step) {
    try {
      step.run();
    } catch (NonFiniteException e) {
      assertThat(e.where()).isNotNull();
    }
  }

  private static Gradients own(RandomCase input) {
    return Gradients.into(
        input.predictions().stream()
            .map(p -> RandomCase.like(p, p.type(), TensorLayout.NCHW, (byte) 0x55).tensor())
            .toList());
  }

  private List<double[]> fresh(RandomCase input, LossState state) {
    try (LossEngine engine = LossEngine.open(input.spec(), options())) {
      engine.restore(state);
      Gradients gradients = own(input);
      attempt(() -> engine.compute(input.predictions(), input.targets(), gradients));
      return gradients.tensors().stream().map(TensorValues::of).toList();
    }
  }
}
