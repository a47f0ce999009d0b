package dev.yololoss.trainer.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsWriterTest {
  @TempDir Path folder;

  @Test
  void replacesAndLeavesNothingElse() throws IOException {
    Path path = folder.resolve("one/two/a.safetensors");
    one(1).write(path);
    one(2).write(path);
    assertThat(only(path)).isEqualTo(2);
    assertOnly(path);
  }

  /** What is open keeps its numbers while another is put in its place. */
  @Test
  void aReaderKeepsTheOldFile() throws IOException {
    Path path = folder.resolve("a.safetensors");
    one(1).write(path);
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      one(2).write(path);
      assertThat(file.floats("t", 1).get(0)).isEqualTo(1);
    }
    assertThat(only(path)).isEqualTo(2);
  }

  @Test
  void aFailureLeavesTheTargetAndNothingElse() throws IOException {
    Path inTheWay = Files.createDirectories(folder.resolve("a.safetensors/full")).getParent();
    assertThatIOException().isThrownBy(() -> one(1).write(inTheWay));
    assertThat(inTheWay).isDirectory();
    assertOnly(inTheWay);
  }

  @Test
  void aFileWhereAFolderShouldBe() throws IOException {
    Path file = Files.write(folder.resolve("a"), new byte[] {1});
    assertThatIOException().isThrownBy(() -> one(1).write(file.resolve("b.safetensors")));
    assertOnly(file);
  }

  @Test
  void othersMayReadIt() throws IOException {
    if (!FileSystems.getDefault().supportedFileAttributeViews().contains("posix")) {
      return;
    }
    Path plain = Files.write(folder.resolve("plain"), new byte[1]);
    Path path = folder.resolve("a.safetensors");
    one(1).write(path);
    assertThat(Files.getPosixFilePermissions(path))
        .isEqualTo(Files.getPosixFilePermissions(plain))
        .contains(PosixFilePermission.OWNER_READ);
  }

  @Test
  void moreThanOneBufferFull() throws IOException {
    double[] values = IntStream.range(0, 100_001).asDoubleStream().toArray();
    Path path = folder.resolve("a.safetensors");
    new SafetensorsWriter()
        .add("f64", TensorType.F64, values, 100_001)
        .add("f32", TensorType.F32, values, 100_001, 1)
        .write(path);
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      assertThat(file.floats("f64", 100_001).toArray()).isEqualTo(values);
      assertThat(file.floats("f32", 100_001, 1).toArray()).isEqualTo(values);
    }
  }

  @Test
  void otherTypesAreRefused() {
    for (TensorType type : TensorType.values()) {
      if (type != TensorType.F64 && type != TensorType.F32) {
        assertThatIllegalArgumentException()
            .isThrownBy(() -> new SafetensorsWriter().add("t", type, new double[1], 1))
            .withMessage("t is to be " + type + "; tensors are written as F64 or F32");
      }
    }
  }

  @Test
  void otherShapesAreRefused() {
    long[][] shapes = {{5}, {2, 2}, {6, 0}, {}, {-2, -3}, {1L << 62, 4, 6}};
    for (long[] shape : shapes) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new SafetensorsWriter().add("t", TensorType.F32, new double[6], shape))
          .withMessage("t has 6 values for the shape " + Arrays.toString(shape));
    }
  }

  @Test
  void takenNamesAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> one(1).add("t", TensorType.F32, new double[1], 1))
        .withMessage("t is taken");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> one(1).add("__metadata__", TensorType.F32, new double[1], 1));
  }

  private static SafetensorsWriter one(double value) {
    return new SafetensorsWriter().add("t", TensorType.F64, new double[] {value}, 1);
  }

  private static double only(Path path) throws IOException {
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      return file.floats("t", 1).get(0);
    }
  }

  private static void assertOnly(Path path) throws IOException {
    try (Stream<Path> files = Files.list(path.getParent())) {
      assertThat(files).containsExactly(path);
    }
  }
}
