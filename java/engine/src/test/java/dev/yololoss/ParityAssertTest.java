package dev.yololoss;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ParityAssertTest {
  private static final double[] TRUTH = {1, -2, 0, 1e-3, 100};

  @Test
  void passesOnEqualNumbersAndOnNonFiniteOnesAtTheSamePlaces() {
    double[] odd = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, -0.0};
    assertThatCode(() -> ParityAssert.exactly().check("odd", odd, odd.clone()))
        .doesNotThrowAnyException();
    assertThatCode(() -> ParityAssert.exactly().check("zero", 0.0, -0.0))
        .doesNotThrowAnyException();
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
  void findsWhatIsNotFiniteOnEitherSide(double odd) {
    for (int n = 0; n < TRUTH.length; n++) {
      double[] spoilt = TRUTH.clone();
      spoilt[n] = odd;
      String place = "[" + n + "]";
      assertThatThrownBy(() -> ParityAssert.within(0.5, 0.5).check("planted", TRUTH, spoilt))
          .isInstanceOf(AssertionError.class)
          .hasMessageContaining("planted")
          .hasMessageContaining(place)
          .hasMessageContaining("got " + odd);
      assertThatThrownBy(() -> ParityAssert.within(0.5, 0.5).check("planted", spoilt, TRUTH))
          .isInstanceOf(AssertionError.class)
          .hasMessageContaining("expected " + odd);
    }
  }

  @Test
  void tellsTheInfinitiesAndNaNApart() {
    double[] odd = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY};
    for (double a : odd) {
      for (double b : odd) {
        if (Double.compare(a, b) != 0) {
          assertThatThrownBy(() -> ParityAssert.within(0.5, 0.5).check("kind", a, b))
              .isInstanceOf(AssertionError.class);
        }
      }
    }
  }

  @Test
  void allowsAShareOfTheElementPlusAShareOfTheLargest() {
    ParityAssert parity = ParityAssert.within(1e-3, 1e-6);
    double[] justInside = {1.001, -2.002, 9.9e-5, 1.1e-3, 99.9};
    assertThatCode(() -> parity.check("inside", TRUTH, justInside)).doesNotThrowAnyException();
    double[] outside = {1.0012, -2.0022, 1.1e-4, 1.102e-3, 99.8};
    for (int n = 0; n < TRUTH.length; n++) {
      double[] one = TRUTH.clone();
      one[n] = outside[n];
      assertThatThrownBy(() -> parity.check("outside", TRUTH, one))
          .isInstanceOf(AssertionError.class)
          .hasMessageContaining("1 of 5 values");
    }
  }

  @Test
  void exactMeansExact() {
    assertThatThrownBy(() -> ParityAssert.exactly().check("ulp", 1.0, Math.nextUp(1.0)))
        .isInstanceOf(AssertionError.class);
  }

  @Test
  void findsOtherLengthsAndShowsOnlyTheFirstMismatches() {
    assertThatThrownBy(() -> ParityAssert.exactly().check("length", TRUTH, Arrays.copyOf(TRUTH, 4)))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("5 values expected, got 4");
    assertThatThrownBy(
            () ->
                ParityAssert.exactly()
                    .check("all", new double[9], new double[] {1, 2, 3, 4, 5, 6, 7, 8, 9}))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("9 of 9 values")
        .hasMessageContaining("[4]")
        .hasMessageNotContaining("[5]");
  }

  @Test
  void namesThePlaceInATensor() {
    GuardedTensor a = TensorLayout.NCHW.allocate(ElementType.F64, 2, 1, 6, 2, 3, (byte) 0);
    GuardedTensor b = TensorLayout.PADDED_ROWS.allocate(ElementType.F64, 2, 1, 6, 2, 3, (byte) 0);
    assertThatCode(
            () -> ParityAssert.exactly().check("same", List.of(a.tensor()), List.of(b.tensor())))
        .doesNotThrowAnyException();
    b.tensor().set(1, 0, 4, 1, 2, 7);
    assertThatThrownBy(
            () -> ParityAssert.exactly().check("other", List.of(a.tensor()), List.of(b.tensor())))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("layer 0")
        .hasMessageContaining("image 1, anchor 0, row 1, column 2, attribute 4");
  }
}
