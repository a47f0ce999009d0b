package dev.yololoss.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.yololoss.Backend;
import dev.yololoss.DenseTensor;
import dev.yololoss.ElementType;
import dev.yololoss.EngineOptions;
import dev.yololoss.InstructionSet;
import dev.yololoss.LossOperations;
import dev.yololoss.NativeInThisBuild;
import dev.yololoss.Seed;
import dev.yololoss.parity.OperationsSuite;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** Single operations of NATIVE against REFERENCE. */
@EnabledIf(
    value = "dev.yololoss.NativeInThisBuild#isThere",
    disabledReason = NativeInThisBuild.REASON)
class HostOperationsParityTest extends OperationsSuite {
  /** None, one, a prime, and around the runs and tasks into which C++ cuts them. */
  private static final int[] SIZES = {0, 1, 7, 1021, 1023, 1024, 1025, 8191, 8192, 8193, 20011};

  private static final double[] EDGES = {
    0, -0.0, 100, -100, 16, -16, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, Double.NaN
  };
  private static final Seed SEED = Seed.of(HostOperationsParityTest.class);

  @Override
  protected EngineOptions options() {
    return EngineOptions.on(Backend.NATIVE);
  }

  @ParameterizedTest
  @EnumSource(value = ElementType.class, mode = Mode.EXCLUDE, names = "F64")
  void sigmoidBceOfEverySize(ElementType type) {
    for (int size : SIZES) {
      for (double weight : new double[] {1, 3.5, 1e-6}) {
        Bce input = Bce.draw(type, size, weight);
        Bce.Output truth = input.run(EngineOptions.on(Backend.REFERENCE));
        for (EngineOptions options : List.of(options(), options().with(InstructionSet.BASELINE))) {
          input.check(truth, input.run(options));
        }
      }
    }
  }

  @Test
  void sigmoidBceGivesTheSameBitsOnAnyNumberOfThreads() {
    Bce input = Bce.draw(ElementType.F32, 40_009, 0.75);
    Bce.Output one = input.run(options().withThreads(1));
    for (int threads : new int[] {2, 3, 8, 0}) {
      Bce.Output more = input.run(options().withThreads(threads));
      assertThat(more.value().memory().mismatch(one.value().memory())).isEqualTo(-1);
      assertThat(more.gradient().memory().mismatch(one.gradient().memory())).isEqualTo(-1);
    }
  }

  /** Negative control: an error of one part in ten thousand shows. */
  @Test
  void aWrongValueShows() {
    Bce input = Bce.draw(ElementType.F32, 7, 1);
    Bce.Output truth = input.run(EngineOptions.on(Backend.REFERENCE));
    Bce.Output wrong = input.run(options());
    input.check(truth, wrong);
    for (int row = 0; row < 7; row++) {
      double value = wrong.value().get(row, 0);
      if (value > 0.1 && value < 100) {
        wrong.value().set(row, 0, 1.0001 * value);
        assertThatThrownBy(() -> input.check(truth, wrong)).isInstanceOf(AssertionError.class);
        return;
      }
    }
    throw new AssertionError("no value to spoil");
  }

  /** Small weights leave nothing of the positive side if their factor is formed by cancelling. */
  @Test
  void aSmallPositiveWeightKeepsItsDigits() {
    for (double weight : new double[] {0.25, 1e-3, 1e-6, 1e-12, 1e-20}) {
      Bce input = Bce.draw(ElementType.F32, 2, weight);
      for (int row = 0; row < 2; row++) {
        input.logits().set(row, 0, row - 0.5);
        input.targets().set(row, 0, 1);
      }
      Bce.Output found = input.run(options());
      for (int row = 0; row < 2; row++) {
        double x = row - 0.5;
        assertThat(found.value().get(row, 0) / (weight * Math.log1p(Math.exp(-x))))
            .as("weight %s", weight)
            .isBetween(1 - 1e-6, 1 + 1e-6);
        assertThat(found.gradient().get(row, 0) / (-16 * weight / (1 + Math.exp(x))))
            .as("weight %s", weight)
            .isBetween(1 - 1e-6, 1 + 1e-6);
      }
    }
  }

  @Test
  void aClosedOneRefusesAndMayBeClosedAgain() {
    HostOperations operations = new HostOperations(options());
    operations.close();
    operations.close();
    Bce input = Bce.draw(ElementType.F32, 1, 1);
    assertThatThrownBy(
            () ->
                operations.sigmoidBce(
                    input.logits(), input.targets(), 1, 1, input.targets(), Optional.empty()))
        .isInstanceOf(IllegalStateException.class);
  }

  private record Bce(DenseTensor logits, DenseTensor targets, double weight) {
    private static final double SCALE = 16;

    record Output(DenseTensor value, DenseTensor gradient) {}

    static Bce draw(ElementType type, int size, double weight) {
      Random random = new Random(SEED.value() + size);
      Bce bce = new Bce(column(type, size), column(type, size), weight);
      for (int row = 0; row < size; row++) {
        boolean edge = random.nextInt(4) == 0;
        double logit = edge ? EDGES[random.nextInt(EDGES.length)] : random.nextGaussian() * 4;
        bce.logits.set(row, 0, logit);
        bce.targets.set(
            row, 0, random.nextBoolean() ? random.nextInt(2) : random.nextInt(257) / 256.0);
      }
      return bce;
    }

    Output run(EngineOptions options) {
      int size = (int) logits.rows();
      Output output = new Output(column(logits.type(), size), column(logits.type(), size));
      try (LossOperations operations = LossOperations.open(options)) {
        operations.sigmoidBce(
            logits, targets, weight, SCALE, output.value, Optional.of(output.gradient));
      }
      return output;
    }

    void check(Output truth, Output found) {
      for (int row = 0; row < logits.rows(); row++) {
        String where = logits.type() + " " + row + " of " + logits.rows();
        double term = truth.value.get(row, 0);
        close(where + ", value", term, found.value.get(row, 0), Math.abs(term));
        double slope = truth.gradient.get(row, 0);
        // of the larger of the two terms, which cancel where the sigmoid meets the target
        double larger = SCALE * Math.max(1, weight);
        close(where + ", gradient", slope, found.gradient.get(row, 0), larger);
      }
    }

    private void close(String where, double expected, double found, double larger) {
      double share =
          switch (logits.type()) {
            case F16 -> 0x1p-10;
            case BF16 -> 0x1p-7;
            default -> 1e-6;
          };
      boolean same = Double.compare(expected + 0.0, found + 0.0) == 0;
      // the least half and, for all, what a sum of floats may be off
      boolean near = Math.abs(expected - found) <= share * larger + 0x1p-24;
      if (!same && !(Double.isFinite(expected) && near)) {
        throw new AssertionError(where + " is " + found + "; expected " + expected);
      }
    }

    private static DenseTensor column(ElementType type, int size) {
      long bytes = Math.max(8, (long) size * type.bytes());
      return new DenseTensor(Arena.ofAuto().allocate(bytes, 8), type, size, 1);
    }
  }
}
