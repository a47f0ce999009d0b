package dev.yololoss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Preset;
import dev.yololoss.spec.SpecException;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Lifetimes, policies and choices of an engine. */
class LossEngineTest {
  private static final Seed SEED = Seed.of(LossEngineTest.class);
  private static final LossSpec SPEC = SmallCase.spec(Preset.YOLOV5, SmallCase.TWO_HEADS);
  private static final RandomCase INPUT = SmallCase.of(SPEC, SEED.value());

  @Test
  void aResultIsValidUntilTheNextStepOrAssignmentOrClose() {
    LossEngine engine = LossEngine.open(SPEC, Backend.REFERENCE);
    LossResult first = engine.compute(INPUT.predictions(), INPUT.targets());
    assertThat(first.total()).isPositive();
    LossResult second = engine.value(INPUT.predictions(), INPUT.targets());
    assertInvalid(first);
    assertThat(second.total()).isPositive();
    engine.decode(INPUT.predictions());
    assertThat(second.matches()).isNotEmpty();
    engine.assign(INPUT.predictions(), INPUT.targets());
    assertInvalid(second);
    LossResult third = engine.value(INPUT.predictions(), INPUT.targets());
    engine.searchIgnored(INPUT.predictions(), INPUT.targets());
    assertInvalid(third);
    LossResult last = engine.value(INPUT.predictions(), INPUT.targets());
    engine.close();
    assertInvalid(last);
  }

  private static void assertInvalid(LossResult result) {
    List<Consumer<LossResult>> methods =
        List.of(
            LossResult::total,
            LossResult::box,
            LossResult::objectness,
            LossResult::classification,
            LossResult::parts,
            LossResult::perLayer,
            LossResult::perImage,
            LossResult::rawSums,
            LossResult::diagnostics,
            LossResult::matches,
            LossResult::targets);
    for (Consumer<LossResult> method : methods) {
      assertThatThrownBy(() -> method.accept(result))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("no longer valid");
    }
  }

  @Test
  void afterCloseEveryOperationThrows() {
    LossEngine engine = LossEngine.open(SPEC, Backend.REFERENCE);
    Gradients gradients = engine.gradients();
    engine.compute(INPUT.predictions(), INPUT.targets());
    LossState state = engine.state();
    engine.close();
    engine.close();
    List<Consumer<LossEngine>> operations =
        List.of(
            e -> e.compute(INPUT.predictions(), INPUT.targets()),
            e -> e.value(INPUT.predictions(), INPUT.targets()),
            e -> e.assign(INPUT.predictions(), INPUT.targets()),
            e -> e.searchIgnored(INPUT.predictions(), INPUT.targets()),
            e -> e.decode(INPUT.predictions()),
            e -> e.scan(INPUT.predictions()),
            LossEngine::gradients,
            LossEngine::state,
            e -> e.restore(state));
    for (Consumer<LossEngine> operation : operations) {
      assertThatThrownBy(() -> operation.accept(engine))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("closed");
    }
    assertThatThrownBy(gradients::tensors).isInstanceOf(IllegalStateException.class);
    assertThat(engine.spec()).isEqualTo(SPEC);
  }

  @Test
  void closesAlsoAfterAFailedStep() {
    RandomCase bad = SmallCase.of(SPEC, SEED.value());
    bad.predictions().getFirst().set(0, 0, 4, 0, 0, Double.NaN);
    LossEngine engine = LossEngine.open(SPEC, Backend.REFERENCE);
    assertThatThrownBy(() -> engine.compute(bad.predictions(), bad.targets()))
        .isInstanceOf(NonFiniteException.class);
    assertThat(engine.compute(INPUT.predictions(), INPUT.targets()).total()).isPositive();
    assertThatThrownBy(() -> engine.compute(bad.predictions(), bad.targets()))
        .isInstanceOf(NonFiniteException.class);
    engine.close();
    engine.close();
  }

  @Test
  void whatIsRefusedBeforeTheStepLeavesTheLastResultValid() {
    Targets outside = Targets.builder().add(0, 9, 0.5, 0.5, 0.1, 0.1).build();
    try (LossEngine engine = LossEngine.open(SPEC, Backend.REFERENCE)) {
      LossResult result = engine.compute(INPUT.predictions(), INPUT.targets());
      double[] gradient = TensorValues.of(engine.gradients().tensors().getFirst());
      RandomCase larger = SmallCase.of(SPEC, SEED.value(), 128, 128);
      assertThatThrownBy(() -> engine.compute(larger.predictions(), outside))
          .isInstanceOf(TargetException.class);
      assertThatThrownBy(() -> engine.compute(List.of(), INPUT.targets()))
          .isInstanceOf(TensorException.class);
      assertThat(result.total()).isPositive();
      ParityAssert.exactly()
          .check(
              "gradients untouched",
              gradient,
              TensorValues.of(engine.gradients().tensors().getFirst()));
    }
  }

  @ParameterizedTest
  @EnumSource(Preset.class)
  void valueEqualsComputeAndLeavesEverythingAlone(Preset preset) {
    for (long seed : SEED.draws(5).toArray()) {
      RandomCase drawn = RandomCase.draw(preset, RandomCase.Mood.AWKWARD, seed);
      RandomCase other = RandomCase.of(drawn.spec(), RandomCase.Mood.CALM, seed);
      try (LossEngine engine = LossEngine.open(drawn.spec(), Backend.REFERENCE)) {
        double total = engine.compute(drawn.predictions(), drawn.targets()).total();
        LossState state = engine.state();
        List<HeadTensor> before = engine.gradients().tensors();
        List<HeadTensor> copies =
            before.stream()
                .map(g -> RandomCase.copy(g, ElementType.F64, TensorLayout.NCHW))
                .toList();
        engine.restore(new LossState(drawn.spec().reduction().balance()));
        assertThat(engine.value(drawn.predictions(), drawn.targets()).total()).isEqualTo(total);
        engine.restore(state);
        engine.value(other.predictions(), other.targets());
        assertThat(engine.state()).isEqualTo(state);
        ParityAssert.exactly().check("gradients", copies, engine.gradients().tensors());
      }
    }
  }

  @Test
  void enginesRunSideBySide() {
    LossSpec otherSpec = SmallCase.spec(Preset.DARKNET, SmallCase.ONE_HEAD);
    RandomCase otherInput = SmallCase.of(otherSpec, SEED.value());
    try (LossEngine a = LossEngine.open(SPEC, Backend.REFERENCE)) {
      LossEngine b = LossEngine.open(otherSpec, Backend.REFERENCE);
      LossResult resultOfA = a.compute(INPUT.predictions(), INPUT.targets());
      double total = resultOfA.total();
      b.compute(otherInput.predictions(), otherInput.targets());
      b.close();
      assertThat(resultOfA.total()).isEqualTo(total);
      assertThat(Arrays.stream(TensorValues.of(a.gradients().tensors().getFirst())))
          .anyMatch(g -> g != 0);
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
  void aGradientScaleIsFinite(double scale) {
    try (LossEngine engine = LossEngine.open(SPEC, Backend.REFERENCE)) {
      assertThatThrownBy(
              () -> engine.compute(INPUT.predictions(), INPUT.targets(), engine.gradients(), scale))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("gradientScale is " + scale);
    }
  }

  @Test
  void missingBackendsSayWhyAndAutoSaysItsChoice() {
    for (Backend backend : List.of(Backend.NATIVE, Backend.CUDA)) {
      try (LossEngine engine = LossEngine.open(SPEC, backend)) {
        assertThat(engine.backend()).isEqualTo(backend);
      } catch (BackendUnavailableException e) {
        assertThat(e.backend()).isEqualTo(backend);
        assertThat(e).hasMessageMatching("backend " + backend + " is not available: .{10,}");
        assertThatThrownBy(() -> LossOperations.open(backend))
            .isInstanceOf(BackendUnavailableException.class)
            .hasMessage(e.getMessage());
      }
    }
    try (LossEngine engine = LossEngine.open(SPEC, Backend.AUTO)) {
      assertThat(engine.backend()).isNotEqualTo(Backend.AUTO);
      assertThat(engine.choice()).startsWith(engine.backend().name());
      if (engine.backend() == Backend.REFERENCE) {
        assertThat(engine.choice()).contains("CUDA: ").contains("NATIVE: ");
      }
    }
    try (LossEngine engine = LossEngine.open(SPEC, Backend.REFERENCE)) {
      assertThat(engine.choice()).isEqualTo("REFERENCE, as asked");
    }
  }

  @Test
  void aDescriptionThatNoPresetHasIsRefused() {
    LossSpec good = LossSpec.of(Preset.YOLOV2);
    LossSpec mixed =
        new LossSpec(
            good.preset(),
            good.classes(),
            good.heads(),
            good.decoding(),
            good.assignment(),
            good.ignore(),
            good.box(),
            good.objectness(),
            good.classification(),
            good.collision(),
            good.bce(),
            1.5,
            good.reduction());
    assertThatThrownBy(() -> LossEngine.open(mixed, Backend.REFERENCE))
        .isInstanceOf(SpecException.class)
        .hasMessageContaining("focalGamma is 1.5")
        .hasMessageContaining("yolov2");
  }
}
