package dev.yololoss.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.yololoss.DeviceException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CudaStatusTest {
  /** Of which {@code cuda.h} says that the process must be started again. */
  @ParameterizedTest
  @ValueSource(
      ints = {226, 700, 702, 709, 710, 714, 715, 716, 717, 718, 719, 721, 810, 911}) // as in 13.0
  void whatTheHeaderCallsTheEndOfTheProcessIsSticky(int status) {
    assertThat(CudaStatus.isSticky(failure(status))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 100, 201, 300, 304, 600, 701, 801, 901})
  void whatOnlyOneCallIsRefusedForIsNot(int status) {
    assertThat(CudaStatus.isSticky(failure(status))).isFalse();
  }

  private static DeviceException failure(int status) {
    return CudaStatus.exception(status, "cuSomething", "CUDA_ERROR_SOMETHING", "something");
  }
}
