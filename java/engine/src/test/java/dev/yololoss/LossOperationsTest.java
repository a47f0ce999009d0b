package dev.yololoss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.yololoss.spec.Overlap;
import dev.yololoss.spec.OverlapConvention;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The operations that need no loss. */
class LossOperationsTest {
  private static final Seed SEED = Seed.of(LossOperationsTest.class);

  private static DenseTensor matrix(int columns, double... values) {
    DenseTensor matrix = empty(values.length / columns, columns);
    for (int n = 0; n < values.length; n++) {
      matrix.set(n / columns, n % columns, values[n]);
    }
    return matrix;
  }

  private static DenseTensor empty(long rows, int columns) {
    var memory = Arena.ofAuto().allocate(Math.max(8, rows * columns * 8), 8);
    memory.fill((byte) 0x55);
    return new DenseTensor(memory, ElementType.F64, rows, columns);
  }

  private static double[] overlap(
      Overlap kind, OverlapConvention convention, double[] a, double[] b) {
    DenseTensor value = empty(a.length / 4, 1);
    try (LossOperations operations = LossOperations.open(Backend.REFERENCE)) {
      operations.overlap(kind, convention, matrix(4, a), matrix(4, b), value, Optional.empty());
    }
    double[] values = new double[a.length / 4];
    for (int n = 0; n < values.length; n++) {
      values[n] = value.get(n, 0);
    }
    return values;
  }

  private static double[] boxes(Random random, int count) {
    double[] boxes = new double[4 * count];
    for (int n = 0; n < boxes.length; n++) {
      boxes[n] = n % 4 < 2 ? 4 * random.nextDouble() : 0.1 + 3 * random.nextDouble();
    }
    return boxes;
  }

  @ParameterizedTest
  @EnumSource(OverlapConvention.class)
  void identitiesOfOverlaps(OverlapConvention convention) {
    Random random = new Random(SEED.value());
    double[] a = boxes(random, 500);
    double[] b = boxes(random, 500);
    ParityAssert close = ParityAssert.within(1e-6, 0);
    for (Overlap kind : Overlap.values()) {
      String name = convention + " " + kind;
      double[] same = overlap(kind, convention, a, a);
      double[] ones = new double[same.length];
      Arrays.fill(ones, 1);
      // eps against areas as small as 0.01
      ParityAssert.within(2e-5, 0).check(name + " of itself", ones, same);
      double[] there = overlap(kind, convention, a, b);
      close.check(name + " both ways", plus(3, there), plus(3, overlap(kind, convention, b, a)));
      close.check(
          name + " moved", plus(3, there), plus(3, overlap(kind, convention, moved(a), moved(b))));
    }
    double[] iou = overlap(Overlap.IOU, convention, a, b);
    double[] giou = overlap(Overlap.GIOU, convention, a, b);
    double[] diou = overlap(Overlap.DIOU, convention, a, b);
    double[] ciou = overlap(Overlap.CIOU, convention, a, b);
    int apart = 0;
    for (int n = 0; n < iou.length; n++) {
      assertThat(iou[n]).isBetween(0.0, 1.0);
      assertThat(giou[n]).isBetween(-1.0, iou[n] + 1e-5);
      assertThat(diou[n]).isBetween(-1.0, iou[n]);
      // darknet's distance has the exponent 0.6 in DIoU only, so its CIoU may be the larger one
      assertThat(ciou[n])
          .isBetween(-2.0, convention == OverlapConvention.DARKNET ? iou[n] : diou[n]);
      apart += iou[n] == 0 ? 1 : 0;
    }
    assertThat(apart).isBetween(50, 450);
  }

  private static double[] plus(double offset, double[] values) {
    return Arrays.stream(values).map(v -> v + offset).toArray();
  }

  private static double[] moved(double[] boxes) {
    double[] moved = boxes.clone();
    for (int n = 0; n < moved.length; n += 4) {
      moved[n] += 8;
      moved[n + 1] -= 16;
    }
    return moved;
  }

  @Test
  void overlapsByHand() {
    // 2x2 boxes around (1,1) and (2,1): inner 2, union 6, around 3x2, centres 1 apart
    double[] a = {1, 1, 2, 2};
    double[] b = {2, 1, 2, 2};
    OverlapConvention plain = OverlapConvention.PLAIN;
    ParityAssert close = ParityAssert.within(1e-15, 0);
    close.check("IoU", new double[] {2 / 6.0}, overlap(Overlap.IOU, plain, a, b));
    close.check("GIoU", new double[] {2 / 6.0}, overlap(Overlap.GIOU, plain, a, b));
    close.check("DIoU", new double[] {2 / 6.0 - 1 / 13.0}, overlap(Overlap.DIOU, plain, a, b));
    close.check("CIoU", new double[] {2 / 6.0 - 1 / 13.0}, overlap(Overlap.CIOU, plain, a, b));
    close.check(
        "darknet's DIoU",
        new double[] {2 / 6.0 - Math.pow(1 / 13.0, 0.6)},
        overlap(Overlap.DIOU, OverlapConvention.DARKNET, a, b));
    // unit boxes two apart: nothing shared, around 3x1
    double[] c = {0, 0, 1, 1};
    double[] d = {2, 0, 1, 1};
    close.check("GIoU apart", new double[] {-1 / 3.0}, overlap(Overlap.GIOU, plain, c, d));
    // a flat and a tall box on one centre: inner 1, union 3, aspect angles atan 2 and atan 1/2
    double[] flat = {0, 0, 2, 1};
    double[] tall = {0, 0, 1, 2};
    double v = 4 / (Math.PI * Math.PI) * Math.pow(Math.atan(2) - Math.atan(0.5), 2);
    close.check(
        "CIoU of shapes",
        new double[] {1 / 3.0 - v * (v / (v - 1 / 3.0 + 1))},
        overlap(Overlap.CIOU, plain, flat, tall));
  }

  @ParameterizedTest
  @EnumSource(Overlap.class)
  void gradientsDoNotChangeValuesAndEmptyListsAreFine(Overlap kind) {
    Random random = new Random(SEED.value());
    double[] a = boxes(random, 50);
    double[] b = boxes(random, 50);
    double[] values = overlap(kind, OverlapConvention.YOLOV5, a, b);
    DenseTensor value = empty(50, 1);
    DenseTensor gradient = empty(50, 4);
    try (LossOperations operations = LossOperations.open(Backend.REFERENCE)) {
      operations.overlap(
          kind, OverlapConvention.YOLOV5, matrix(4, a), matrix(4, b), value, Optional.of(gradient));
      for (int n = 0; n < 50; n++) {
        assertThat(value.get(n, 0)).isEqualTo(values[n]);
        for (int i = 0; i < 4; i++) {
          assertThat(gradient.get(n, i)).isNotEqualTo(empty(1, 1).get(0, 0)).isBetween(-1e3, 1e3);
        }
      }
      operations.overlap(
          kind,
          OverlapConvention.YOLOV5,
          empty(0, 4),
          empty(0, 4),
          empty(0, 1),
          Optional.of(empty(0, 4)));
      operations.sigmoidBce(empty(0, 3), empty(0, 3), 1, 1, empty(0, 3), Optional.of(empty(0, 3)));
    }
  }

  @Test
  void binaryCrossEntropyOfTheLogit() {
    double ln2 = Math.log(2);
    // logit, target, positive weight, value, slope
    double[][] table = {
      {0, 0, 1, ln2, 0.5},
      {0, 1, 1, ln2, -0.5},
      {0, 0.25, 1, ln2, 0.25},
      {0, 1, 3, 3 * ln2, -1.5},
      {100, 0, 1, 100, 1},
      {100, 1, 1, 3.7200759760208361e-44, -3.7200759760208361e-44},
      {-100, 0, 1, 3.7200759760208361e-44, 3.7200759760208361e-44},
      {-100, 1, 1, 100, -1},
      {-100, 1, 2.5, 250, -2.5},
      {100, 0.5, 4, 50, 0.5},
      {1e4, 0, 1, 1e4, 1},
      {1e4, 1, 1, 0, 0},
      {-1e4, 0, 1, 0, 0},
      {-1e4, 1, 1, 1e4, -1},
      {Math.log(3), 1, 1, Math.log(4 / 3.0), -0.25},
      {Math.log(3), 0, 1, Math.log(4), 0.75}
    };
    try (LossOperations operations = LossOperations.open(Backend.REFERENCE)) {
      for (double[] row : table) {
        DenseTensor value = empty(1, 1);
        DenseTensor gradient = empty(1, 1);
        operations.sigmoidBce(
            matrix(1, row[0]), matrix(1, row[1]), row[2], -2, value, Optional.of(gradient));
        ParityAssert.within(1e-14, 0)
            .check(
                Arrays.toString(row),
                new double[] {row[3], -2 * row[4]},
                new double[] {value.get(0, 0), gradient.get(0, 0)});
      }
    }
  }

  @Test
  void refusesShapesWeightsAndUseAfterClose() {
    DenseTensor four = empty(2, 4);
    DenseTensor one = empty(2, 1);
    LossOperations operations = LossOperations.open(Backend.AUTO);
    assertThat(operations.backend()).isNotEqualTo(Backend.AUTO);
    refuses("a is 2 x 1; must be 2 x 4", () -> overlap(operations, one, four, one, four));
    refuses("b is 3 x 4; must be 2 x 4", () -> overlap(operations, four, empty(3, 4), one, four));
    refuses("value is 2 x 4; must be 2 x 1", () -> overlap(operations, four, four, four, four));
    refuses("gradient is 2 x 1; must be 2 x 4", () -> overlap(operations, four, four, one, one));
    refuses("targets is 2 x 1; must be 2 x 4", () -> bce(operations, four, one, 1, 1));
    refuses("positiveWeight is 0.0; must be", () -> bce(operations, four, four, 0, 1));
    refuses("positiveWeight is NaN; must be", () -> bce(operations, four, four, Double.NaN, 1));
    refuses("gradientScale is Infinity", () -> bce(operations, four, four, 1, 1 / 0.0));
    operations.close();
    operations.close();
    assertThatThrownBy(() -> overlap(operations, four, four, one, four))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
    assertThatThrownBy(() -> bce(operations, four, four, 1, 1))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
  }

  private static void refuses(String message, Runnable call) {
    assertThatThrownBy(call::run)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  private static void overlap(
      LossOperations operations, DenseTensor a, DenseTensor b, DenseTensor value, DenseTensor g) {
    operations.overlap(Overlap.IOU, OverlapConvention.PLAIN, a, b, value, Optional.of(g));
  }

  private static void bce(
      LossOperations operations, DenseTensor logits, DenseTensor targets, double weight, double s) {
    operations.sigmoidBce(logits, targets, weight, s, empty(2, 4), Optional.empty());
  }
}
