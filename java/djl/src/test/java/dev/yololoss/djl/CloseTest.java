package dev.yololoss.djl;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** The negative control: what must not pass does not. */
class CloseTest {
  private static final float[] EXPECTED = {1, -2, 0.5f};

  @Test
  void aWrongElementFails() {
    assertThatThrownBy(() -> Close.assertClose(new float[] {1, -2, 0.6f}, EXPECTED, 1e-5))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("element 2");
  }

  @Test
  void notANumberFails() {
    assertThatThrownBy(() -> Close.assertClose(new float[] {1, Float.NaN, 0.5f}, EXPECTED, 1e-5))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("element 1");
  }

  @Test
  void anotherLengthFails() {
    assertThatThrownBy(() -> Close.assertClose(new float[] {1}, EXPECTED, 1e-5))
        .isInstanceOf(AssertionError.class);
  }
}
