package dev.yololoss.parity;

import dev.yololoss.Backend;
import dev.yololoss.DenseTensor;
import dev.yololoss.ElementType;
import dev.yololoss.EngineOptions;
import dev.yololoss.LossEngine;
import dev.yololoss.LossOperations;
import dev.yololoss.ParityAssert;
import dev.yololoss.RandomCase;
import dev.yololoss.Seed;
import dev.yololoss.spec.Overlap;
import dev.yololoss.spec.OverlapConvention;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.DoubleSupplier;
import org.junit.jupiter.api.Test;

/** Single operations of a backend against REFERENCE. */
public abstract class OperationsSuite {
  /** The backend that is compared, and how it runs. */
  protected abstract EngineOptions options();

  private static final int ROWS = 3000;
  private static final double[] SIDES = {0, 0.25, 0.5, 1, 1e-30, 1e30, 0.125};
  private static final double[] EDGES = {
    0, -0.0, 16, -16, 89, -89, 104, -104, 745, -745, 1e38, -1e38
  };
  private static final ParityAssert CLOSE = ParityAssert.within(1e-6, 1e-9);
  private static final Seed SEED = Seed.of(OperationsSuite.class);
  private final Random random = new Random(SEED.value());

  @Test
  protected void overlapsOfRandomAndTouchingBoxes() {
    DenseTensor a = tensor(ElementType.F32, ROWS, 4, this::side);
    DenseTensor b = tensor(ElementType.F64, ROWS, 4, this::side);
    for (Overlap kind : Overlap.values()) {
      for (OverlapConvention convention : OverlapConvention.values()) {
        DenseTensor[][] found = new DenseTensor[2][];
        int n = 0;
        for (EngineOptions backend : backends()) {
          DenseTensor value = tensor(ElementType.F64, ROWS, 1, () -> 7);
          DenseTensor gradient = tensor(ElementType.F64, ROWS, 4, () -> 7);
          try (LossOperations operations = LossOperations.open(backend)) {
            operations.overlap(kind, convention, a, b, value, Optional.of(gradient));
          }
          found[n++] = new DenseTensor[] {value, gradient};
        }
        check(kind + " " + convention, found, CLOSE);
      }
    }
  }

  @Test
  protected void sigmoidBceOfRandomAndExtremeLogits() {
    DenseTensor logits = tensor(ElementType.F32, ROWS, 3, this::logit);
    DenseTensor targets =
        tensor(
            ElementType.F32,
            ROWS,
            3,
            () -> random.nextInt(3) == 0 ? random.nextInt(2) : random.nextDouble());
    for (double weight : new double[] {1, 0.3, 4}) {
      DenseTensor[][] found = new DenseTensor[2][];
      int n = 0;
      for (EngineOptions backend : backends()) {
        DenseTensor value = tensor(ElementType.F32, ROWS, 3, () -> 7);
        DenseTensor gradient = tensor(ElementType.F16, ROWS, 3, () -> 7);
        try (LossOperations operations = LossOperations.open(backend)) {
          operations.sigmoidBce(logits, targets, weight, 128, value, Optional.of(gradient));
        }
        found[n++] = new DenseTensor[] {value, gradient};
      }
      check("weight " + weight, found, ParityAssert.within(0x1p-10, 1e-7));
    }
  }

  @Test
  protected void decodedBoxesOfRandomSteps() {
    SEED.draws(300)
        .forEach(
            seed -> {
              RandomCase input = StepCase.draw(seed).input();
              try (LossEngine truth = LossEngine.open(input.spec(), Backend.REFERENCE);
                  LossEngine engine = LossEngine.open(input.spec(), options())) {
                DenseTensor e = truth.decode(input.predictions()).values();
                DenseTensor a = engine.decode(input.predictions()).values();
                ParityAssert.within(1e-6, 0).check("decode, -Dcase=" + seed, values(e), values(a));
              }
            });
  }

  private List<EngineOptions> backends() {
    return List.of(EngineOptions.on(Backend.REFERENCE), options());
  }

  private double side() {
    return random.nextInt(3) == 0 ? SIDES[random.nextInt(SIDES.length)] : random.nextDouble() * 2;
  }

  private double logit() {
    return random.nextInt(4) == 0 ? EDGES[random.nextInt(EDGES.length)] : random.nextGaussian() * 8;
  }

  private static void check(String name, DenseTensor[][] found, ParityAssert parity) {
    for (int n = 0; n < found[0].length; n++) {
      for (int row = 0; row < ROWS; row++) { // row by row: rows differ by many orders
        parity.check(
            name + (n == 0 ? " value, row " : " gradient, row ") + row,
            row(found[0][n], row),
            row(found[1][n], row));
      }
    }
  }

  private static double[] row(DenseTensor tensor, long row) {
    double[] values = new double[(int) tensor.columns()];
    for (int i = 0; i < values.length; i++) {
      values[i] = tensor.get(row, i);
    }
    return values;
  }

  private static double[] values(DenseTensor tensor) {
    double[] values = new double[(int) (tensor.rows() * tensor.columns())];
    for (int n = 0; n < values.length; n++) {
      values[n] = tensor.get(n / tensor.columns(), n % tensor.columns());
    }
    return values;
  }

  private static DenseTensor tensor(
      ElementType type, long rows, long columns, DoubleSupplier values) {
    DenseTensor tensor =
        new DenseTensor(
            Arena.ofAuto().allocate(rows * columns * type.bytes(), 8), type, rows, columns);
    for (long n = 0; n < rows * columns; n++) {
      tensor.set(n / columns, n % columns, values.getAsDouble());
    }
    return tensor;
  }
}
