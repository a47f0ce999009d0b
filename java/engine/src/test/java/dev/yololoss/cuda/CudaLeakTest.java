package dev.yololoss.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.yololoss.CudaBinding;
import dev.yololoss.LossEngine;
import dev.yololoss.RandomCase;
import dev.yololoss.TargetException;
import dev.yololoss.Targets;
import dev.yololoss.spec.Heads;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Preset;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Ten thousand steps: what the driver has given out, and the process's memory, stay as they were
 * after the first thousand. {@code -Dsteps=100000} for more.
 */
@EnabledIf(value = "dev.yololoss.cuda.CudaDevice#isThere", disabledReason = CudaDevice.REASON)
class CudaLeakTest {
  private static final int WARM = 1000;
  private static final int STEPS = Integer.getInteger("steps", 10_000);

  /** The JVM's own memory comes and goes: compiled code, the heap, the allocator's free lists. */
  private static final long RESIDENT_TOLERANCE_KB = 256 * 1024;

  /** Less than 10,000 steps would leak if each kept its smallest buffer. */
  private static final long FREE_TOLERANCE = 4L << 20;

  private static final LossSpec SPEC =
      LossSpec.builder(Preset.YOLOV3_BCE)
          .classes(2)
          .heads(Heads.builder().head(32, 20, 24).build())
          .build();
  private static final List<RandomCase> SHAPES =
      List.of(
          RandomCase.of(SPEC, RandomCase.Mood.CALM, 1),
          RandomCase.of(SPEC, RandomCase.Mood.CALM, 2));

  @BeforeEach
  void open() {
    Emulator.reset();
  }

  @AfterEach
  void close() {
    Emulator.reset();
  }

  @ParameterizedTest
  @EnumSource(CudaBinding.class)
  void nothingPilesUp(CudaBinding binding) throws IOException {
    Random random = new Random(1);
    try (TestDevice device = new TestDevice()) {
      try (LossEngine engine = LossEngine.open(SPEC, EmulatedCuda.through(binding))) {
        engine.compute(SHAPES.get(1).predictions(), SHAPES.get(1).targets());
        engine.compute(SHAPES.getFirst().predictions(), SHAPES.getFirst().targets()).total();
        long free = 0;
        long resident = 0;
        long held = 0;
        for (int n = 0; n < STEPS; n++) {
          if (n % 500 == 499) {
            cycle(binding, engine);
          }
          step(engine, SHAPES.getFirst(), random, n);
          if (n == WARM) {
            takeAllPlaces(engine);
            free = free(device);
            resident = residentKb();
            held = held();
          }
        }
        takeAllPlaces(engine);
        assertThat(held()).as("what the driver has given out").isEqualTo(held);
        assertThat(free(device))
            .as("free memory of the device")
            .isGreaterThanOrEqualTo(free - freeTolerance());
        assertThat(residentKb()).isLessThan(resident + RESIDENT_TOLERANCE_KB);
      }
    }
    Emulator.requireClean();
  }

  /** Each place has its graph from its first step on. */
  private static void takeAllPlaces(LossEngine engine) {
    for (int n = 0; n < StepPlaces.SLOTS; n++) {
      engine.compute(SHAPES.getFirst().predictions(), Targets.none()).total();
    }
  }

  private static void step(LossEngine engine, RandomCase input, Random random, int n) {
    Targets.Builder targets = Targets.builder();
    for (int count = random.nextInt(4); count > 0; count--) {
      targets.add(0, random.nextInt(2), random.nextDouble(), random.nextDouble(), 0.4, 0.5);
    }
    Targets rows = targets.build();
    var result = engine.compute(input.predictions(), rows);
    switch (n % 100) {
      case 1 -> assertThat(result.matches()).isNotNull();
      case 2 -> engine.decode(input.predictions());
      case 3 -> engine.assign(input.predictions(), rows);
      case 4 -> engine.searchIgnored(input.predictions(), rows);
      case 5 -> {
        try {
          engine.compute(input.predictions(), Targets.builder().add(9, 9, 2, 2, 0, 0).build());
        } catch (TargetException e) {
          // a step that fails must not leak either
        }
      }
      default -> {}
    }
  }

  /** An engine that comes and goes, and other shapes for the one that stays. */
  private static void cycle(CudaBinding binding, LossEngine engine) {
    RandomCase other = SHAPES.get(1);
    try (LossEngine passing = LossEngine.open(SPEC, EmulatedCuda.through(binding))) {
      passing.compute(other.predictions(), other.targets()).total();
    }
    engine.compute(other.predictions(), other.targets());
  }

  /** Only the emulated driver tells. */
  private static long held() {
    return Emulator.isInUse() ? Emulator.heldCount() : 0;
  }

  /** A real device is other programs' too. */
  private static long freeTolerance() {
    return Emulator.isInUse() ? 0 : FREE_TOLERANCE;
  }

  private static long free(TestDevice device) {
    return device.context().call(() -> device.driver().memGetInfo().free());
  }

  private static long residentKb() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .findFirst()
        .orElseThrow();
  }

  /** Negative control: an engine that nobody closes shows. */
  @Test
  @OnEmulatedDevice
  @SuppressWarnings("resource") // that is the point
  void aForgottenEngineShows() {
    LossEngine forgotten = LossEngine.open(SPEC, EmulatedCuda.through(CudaBinding.PANAMA));
    forgotten.compute(SHAPES.getFirst().predictions(), SHAPES.getFirst().targets()).total();
    String held = Emulator.held();
    assertThat(held).contains("allocation");
    forgotten.close();
    assertThat(Emulator.held()).isEmpty();
  }
}
