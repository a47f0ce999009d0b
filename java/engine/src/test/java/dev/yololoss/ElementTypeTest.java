package dev.yololoss;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

/** Rounding of the 16-bit types, for every number they have and every gap between two. */
class ElementTypeTest {
  private static final int NUMBERS = 1 << 16;

  private final MemorySegment memory = Arena.ofAuto().allocate(16, 8);

  @Test
  void everyHalfIsReadAsItsValueAndWrittenBack() {
    for (int bits = 0; bits < NUMBERS; bits++) {
      checkBothWays(ElementType.F16, bits, half(bits));
    }
  }

  @Test
  void everyBfloatIsReadAsItsValueAndWrittenBack() {
    for (int bits = 0; bits < NUMBERS; bits++) {
      checkBothWays(ElementType.BF16, bits, bfloat(bits));
    }
  }

  private void checkBothWays(ElementType type, int bits, double value) {
    memory.set(ValueLayout.JAVA_SHORT, 0, (short) bits);
    double read = type.get(memory, 0);
    double stored = type.set(memory, 1, value);
    int written = memory.get(ValueLayout.JAVA_SHORT, 2) & 0xffff;
    if (Double.isNaN(value)) {
      assertThat(read).isNaN();
      assertThat(stored).isNaN();
    } else if (Double.compare(read, value) != 0 || written != bits || stored != value) {
      throw new AssertionError(
          type + " bits " + bits + ": value " + value + ", read " + read + ", written " + written);
    }
  }

  @Test
  void roundsToNearestAndTiesToEvenInEveryGap() {
    checkGaps(ElementType.F16, 0x7c00);
    checkGaps(ElementType.BF16, 0x7f80);
  }

  /** Between neighbours a and b of the same sign: a, below the middle, the middle, above it, b. */
  private void checkGaps(ElementType type, int infinity) {
    for (int sign : new int[] {0, 0x8000}) {
      for (int low = 0; low < infinity; low++) {
        double a = value(type, low | sign);
        // the gap below infinity is as wide as if the next power of two were a number
        double b =
            low + 1 < infinity ? value(type, low + 1 | sign) : 2 * a - value(type, low - 1 | sign);
        float middle = (float) ((a + b) / 2);
        int even = (low & 1) == 0 ? low : low + 1;
        checkRounds(type, middle, even | sign);
        checkRounds(type, towardsZero(middle), low | sign);
        checkRounds(type, awayFromZero(middle), low + 1 | sign);
      }
    }
  }

  private void checkRounds(ElementType type, float value, int expected) {
    type.set(memory, 0, value);
    int written = memory.get(ValueLayout.JAVA_SHORT, 0) & 0xffff;
    if (written != expected) {
      throw new AssertionError(type + " of " + value + " is " + written + ", expected " + expected);
    }
  }

  private static float towardsZero(float value) {
    return value > 0 ? Math.nextDown(value) : Math.nextUp(value);
  }

  private static float awayFromZero(float value) {
    return value > 0 ? Math.nextUp(value) : Math.nextDown(value);
  }

  @Test
  void overflowIsInfinityAndNaNStaysNaN() {
    assertThat(ElementType.F16.set(memory, 0, 65504)).isEqualTo(65504);
    assertThat(ElementType.F16.set(memory, 0, 65519.99)).isEqualTo(65504);
    assertThat(ElementType.F16.set(memory, 0, 65520)).isEqualTo(Double.POSITIVE_INFINITY);
    assertThat(ElementType.F16.set(memory, 0, -1e9)).isEqualTo(Double.NEGATIVE_INFINITY);
    assertThat(ElementType.BF16.set(memory, 0, Float.MAX_VALUE))
        .isEqualTo(Double.POSITIVE_INFINITY);
    assertThat(ElementType.F32.set(memory, 0, 1e39)).isEqualTo(Double.POSITIVE_INFINITY);
    assertThat(ElementType.F64.set(memory, 0, 1e300)).isEqualTo(1e300);
    int[] nans = {0x7fc00000, 0x7f800001, 0x7f80ffff, 0xff800001, 0xffffffff};
    for (int bits : nans) {
      for (ElementType type : ElementType.values()) {
        assertThat(type.set(memory, 0, Float.intBitsToFloat(bits))).as(type.name()).isNaN();
      }
    }
  }

  @Test
  void sixteenBitsAreRoundedFromTheFloat() {
    // a double just above a tie is the tie once it is a float, so it goes to even
    double justAboveTie = 1 + 0x1p-11 + 0x1p-40;
    assertThat(ElementType.F16.set(memory, 0, justAboveTie)).isEqualTo(1);
    assertThat(ElementType.BF16.set(memory, 0, 1 + 0x1p-8 + 0x1p-40)).isEqualTo(1);
    assertThat(ElementType.F32.set(memory, 0, justAboveTie)).isEqualTo(1 + 0x1p-11);
  }

  @Test
  void subnormalsAreKept() {
    assertThat(ElementType.F16.set(memory, 0, 0x1p-24)).isEqualTo(0x1p-24);
    assertThat(ElementType.F16.set(memory, 0, 0x1p-25)).isZero();
    assertThat(ElementType.F16.set(memory, 0, 0x1.8p-25)).isEqualTo(0x1p-24);
    assertThat(ElementType.BF16.set(memory, 0, 0x1p-133)).isEqualTo(0x1p-133);
    assertThat(ElementType.F32.set(memory, 0, Float.MIN_VALUE)).isEqualTo(Float.MIN_VALUE);
  }

  private static double value(ElementType type, int bits) {
    return type == ElementType.F16 ? half(bits) : bfloat(bits);
  }

  /** IEEE 754 binary16, from its definition. */
  private static double half(int bits) {
    return ofFields(bits, 5, 10);
  }

  private static double bfloat(int bits) {
    return ofFields(bits, 8, 7);
  }

  private static double ofFields(int bits, int exponentBits, int fractionBits) {
    double sign = (bits & 0x8000) == 0 ? 1 : -1;
    int most = (1 << exponentBits) - 1;
    int exponent = bits >> fractionBits & most;
    double fraction = (bits & (1 << fractionBits) - 1) / (double) (1 << fractionBits);
    int bias = most >> 1;
    if (exponent == most) {
      return fraction == 0 ? sign * Double.POSITIVE_INFINITY : Double.NaN;
    }
    return exponent == 0
        ? sign * fraction * Math.pow(2, 1 - bias)
        : sign * (1 + fraction) * Math.pow(2, exponent - bias);
  }
}
