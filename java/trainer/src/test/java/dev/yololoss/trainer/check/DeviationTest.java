package dev.yololoss.trainer.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class DeviationTest {
  private static final double NAN = Double.NaN;
  private static final double INFINITY = Double.POSITIVE_INFINITY;
  private static final Tolerance TOLERANCE = new Tolerance(1e-9, 1e-12, 1e-12, 1e-8, 1e-9, 1e-6);

  @Test
  void notANumberEqualsOnlyItself() {
    assertMiss(tensor(of(1, NAN), of(1, 2)), "t[1] is NaN; expected 2.0");
    assertMiss(tensor(of(1, 2), of(1, NAN)), "t[1] is 2.0; expected NaN");
    assertMiss(numbers(of(NAN), of(1)), "t[0] is NaN; expected 1.0");
    assertMiss(numbers(of(1), of(NAN)), "t[0] is 1.0; expected NaN");
    assertMiss(tensor(of(NAN), of(INFINITY)), "t[0] is NaN; expected Infinity");
    assertThat(tensor(of(NAN, 1), of(NAN, 1))).isEqualTo(new Deviation(0, 2, ""));
    assertThat(numbers(of(NAN), of(NAN)).passes()).isTrue();
  }

  @Test
  void infinityHasASign() {
    assertThat(tensor(of(INFINITY, -INFINITY, 1), of(INFINITY, -INFINITY, 1)).passes()).isTrue();
    assertMiss(tensor(of(INFINITY), of(-INFINITY)), "t[0] is Infinity; expected -Infinity");
    assertMiss(tensor(of(Double.MAX_VALUE), of(INFINITY)), "t[0] is ");
    assertMiss(numbers(of(INFINITY), of(Double.MAX_VALUE)), "t[0] is Infinity");
  }

  /** Otherwise an infinite or NaN element would allow everything to the others. */
  @Test
  void theLargestIsTheLargestFinite() {
    assertThat(tensor(of(INFINITY, NAN, 1), of(INFINITY, NAN, 2)).passes()).isFalse();
  }

  @Test
  void aDistanceBeyondDoubleIsAMiss() {
    assertMiss(tensor(of(Double.MAX_VALUE), of(-Double.MAX_VALUE)), "t[0] is ");
  }

  @Test
  void nothingIsNothing() {
    assertThat(tensor(of(), of())).isEqualTo(Deviation.NONE);
    assertThat(numbers(of(), of())).isEqualTo(Deviation.NONE);
    assertMiss(tensor(of(), of(1)), "t has 1 numbers in the file; computed are 0");
    assertMiss(numbers(of(1), of()), "t has 0 numbers in the file; computed are 1");
  }

  @Test
  void zeroHasNoSign() {
    assertThat(tensor(of(-0.0, 1), of(0.0, 1)).passes()).isTrue();
    assertThat(numbers(of(0.0), of(-0.0)).passes()).isTrue();
  }

  @Test
  void whereAllIsZeroNothingElseIs() {
    assertThat(tensor(of(0, 0, 0), of(0, 0, 0)).passes()).isTrue();
    assertMiss(tensor(of(0, Double.MIN_VALUE, 0), of(0, 0, 0)), "t[1] is 4.9E-324; expected 0.0");
    assertMiss(numbers(of(1e-300), of(0)), "t[0] is 1.0E-300; expected 0.0");
  }

  @Test
  void anElementMayBeOffByAShareOfItselfAndOfTheLargest() {
    assertThat(tensor(of(0.9e-6, 1000), of(0, 1000)).passes()).isTrue();
    assertThat(tensor(of(1.1e-6, 1000), of(0, 1000)).passes()).isFalse();
    assertThat(tensor(of(1000 * (1 + 1.05e-8)), of(1000)).passes()).isTrue();
    assertThat(tensor(of(1000 * (1 + 1.2e-8)), of(1000)).passes()).isFalse();
    assertThat(tensor(of(2.0, 1000), of(1, 1000)).worst()).isEqualTo(1e-3);
  }

  /** Elements that are each near enough may be too many. */
  @Test
  void allTogetherMayBeOffByAShareOfTheNorm() {
    Tolerance generous = new Tolerance(0, 0, 0, 0, 1e-3, 2e-5);
    double[] expected = new double[10_000];
    expected[0] = 1;
    double[] near = expected.clone();
    Arrays.fill(near, 1, near.length, 1.9e-7);
    assertThat(Deviation.ofTensor("t", near, expected, generous).passes()).isTrue();
    Arrays.fill(near, 1, near.length, 2.1e-7);
    Deviation off = Deviation.ofTensor("t", near, expected, generous);
    assertThat(off.firstMiss()).startsWith("t is off by 2.09").endsWith("allowed 2.0E-5");
    assertThat(off.compared()).isEqualTo(10_000);
    double[] huge = Arrays.stream(expected).map(e -> 1e300 * e).toArray();
    assertThat(Deviation.ofTensor("t", huge.clone(), huge, generous).passes()).isTrue();
    huge[1] = 3e295;
    assertThat(
            Deviation.ofTensor(
                    "t", Arrays.stream(expected).map(e -> 1e300 * e).toArray(), huge, generous)
                .firstMiss())
        .startsWith("t is off by 2.99");
  }

  @Test
  void aNumberMayBeOffByAShareOfItself() {
    assertThat(numbers(of(-5 * (1 + 0.9e-9), 1000), of(-5, 1000)).passes()).isTrue();
    assertThat(numbers(of(-5 * (1 + 1.1e-9), 1000), of(-5, 1000)).passes()).isFalse();
  }

  @Test
  void theWorstAndTheFirstMissAreKept() {
    Deviation one = tensor(of(1, 2), of(1, 3));
    Deviation other = tensor(of(7), of(1));
    assertThat(one.and(other)).isEqualTo(new Deviation(6, 3, "t[1] is 2.0; expected 3.0"));
    assertThat(other.and(Deviation.NONE)).isEqualTo(other);
    assertThat(Deviation.NONE.and(other)).isEqualTo(other);
    assertThat(Deviation.miss("no").and(other).worst()).isInfinite();
  }

  private static void assertMiss(Deviation deviation, String what) {
    assertThat(deviation.passes()).isFalse();
    assertThat(deviation.firstMiss()).startsWith(what);
    assertThat(deviation.worst()).isPositive();
  }

  private static Deviation tensor(double[] actual, double[] expected) {
    return Deviation.ofTensor("t", actual, expected, TOLERANCE);
  }

  private static Deviation numbers(double[] actual, double[] expected) {
    return Deviation.ofNumbers("t", actual, expected, TOLERANCE.total());
  }

  private static double[] of(double... values) {
    return values;
  }
}
