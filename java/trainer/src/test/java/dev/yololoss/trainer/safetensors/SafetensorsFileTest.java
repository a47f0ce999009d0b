package dev.yololoss.trainer.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.yololoss.ElementType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsFileTest {
  @TempDir Path folder;

  @Test
  void doublesAndFloatsComeBack() throws IOException {
    double[] doubles = {
      0, -0.0, Math.PI, Double.MIN_VALUE, Double.MAX_VALUE, Double.NEGATIVE_INFINITY, Double.NaN
    };
    double[] floats = {0.5f, 0.1f, Float.MIN_VALUE, Float.MAX_VALUE, Float.NaN, -0.0f};
    Path path = folder.resolve("both.safetensors");
    new SafetensorsWriter()
        .metadata("näme", "wért \"☃\"\n")
        .add("doubles", TensorType.F64, doubles, 7)
        .add("flöats", TensorType.F32, floats, 2, 3, 1)
        .add("scalar", TensorType.F64, new double[] {42})
        .add("none", TensorType.F32, new double[0], 3, 0)
        .write(path);
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      assertThat(file.path()).isEqualTo(path);
      assertThat(file.names()).containsExactly("doubles", "flöats", "scalar", "none");
      assertThat(file.metadata()).containsOnly(Map.entry("näme", "wért \"☃\"\n"));
      assertThat(file.floats("doubles", 7).toArray()).isEqualTo(doubles);
      assertThat(file.floats("flöats", -1, 3, 1).toArray()).isEqualTo(floats);
      assertThat(file.floats("scalar").toArray()).containsExactly(42);
      assertThat(file.floats("scalar").shape()).isEmpty();
      assertThat(file.floats("none", 3, 0).toArray()).isEmpty();
      assertThat(file.find("doubles").orElseThrow().data().address() % 8).isZero();
      assertThat(file.has("absent")).isFalse();
      assertThat(file.find("absent")).isEmpty();
    }
  }

  @Test
  void everyTypeIsRead() throws IOException {
    ByteBuffer data = ByteBuffer.allocate(29).order(ByteOrder.LITTLE_ENDIAN);
    data.putDouble(-2.5).putLong(-3_000_000_000L).putFloat(0.75f).putInt(-7);
    data.putShort(Float.floatToFloat16(1.5f)).putShort((short) 0xc0a0).put((byte) 200);
    Path path =
        RawFile.write(
            folder.resolve("types.safetensors"),
            """
            {"f64":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},
             "i64":{"dtype":"I64","shape":[1],"data_offsets":[8,16]},
             "f32":{"dtype":"F32","shape":[1],"data_offsets":[16,20]},
             "i32":{"dtype":"I32","shape":[1],"data_offsets":[20,24]},
             "f16":{"dtype":"F16","shape":[1],"data_offsets":[24,26]},
             "bf16":{"dtype":"BF16","shape":[1],"data_offsets":[26,28]},
             "u8":{"dtype":"U8","shape":[1],"data_offsets":[28,29]}}
            """,
            data.array());
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      assertThat(file.names().stream().map(n -> file.find(n).orElseThrow().get(0)))
          .containsExactly(-2.5, -3e9, 0.75, -7.0, 1.5, -5.0, 200.0);
      assertThat(file.floats("f16", 1).type().elementType()).isEqualTo(ElementType.F16);
      assertThat(file.floats("bf16", 1).type().elementType()).isEqualTo(ElementType.BF16);
      assertThat(file.metadata()).isEmpty();
      for (String integer : List.of("i64", "i32", "u8")) {
        assertThatExceptionOfType(SafetensorsException.class)
            .isThrownBy(() -> file.floats(integer, 1))
            .withMessageStartingWith(path + ": tensor \"" + integer + "\" is of type ")
            .withMessageEndingWith("; must be F64, F32, F16 or BF16");
        assertThatIllegalArgumentException()
            .isThrownBy(() -> file.find(integer).orElseThrow().type().elementType());
      }
    }
  }

  @Test
  void anotherShapeIsNamed() throws IOException {
    Path path = folder.resolve("a.safetensors");
    new SafetensorsWriter().add("t", TensorType.F32, new double[6], 2, 3).write(path);
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      assertThatExceptionOfType(SafetensorsException.class)
          .isThrownBy(() -> file.floats("t", -1, 6))
          .withMessage(path + ": tensor \"t\" has the shape [2, 3]; must be [any, 6]");
      assertThatExceptionOfType(SafetensorsException.class)
          .isThrownBy(() -> file.floats("t", 2, 3, 1))
          .withMessage(path + ": tensor \"t\" has the shape [2, 3]; must be [2, 3, 1]");
      assertThatExceptionOfType(SafetensorsException.class)
          .isThrownBy(() -> file.floats("x", -1, 3))
          .withMessage(path + ": has no tensor \"x\"; it has [t]");
    }
  }

  /** A shape with 0 may name any size without needing bytes. */
  @Test
  void moreThanAnArrayHoldsIsNamed() {
    StoredTensor huge =
        new StoredTensor("t", TensorType.U8, List.of(1L << 20, 1L << 20), MemorySegment.NULL);
    assertThatIllegalArgumentException()
        .isThrownBy(huge::toArray)
        .withMessage("tensor \"t\" has 1099511627776 elements; an array holds 2^31 - 9");
  }

  @Test
  void aClosedFileIsClosed() throws IOException {
    Path path = folder.resolve("a.safetensors");
    new SafetensorsWriter().add("t", TensorType.F32, new double[6], 2, 3).write(path);
    SafetensorsFile file = SafetensorsFile.open(path);
    StoredTensor tensor = file.floats("t");
    file.close();
    file.close();
    assertThatIllegalStateException().isThrownBy(() -> tensor.get(0));
  }
}
