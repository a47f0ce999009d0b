package dev.yololoss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.yololoss.spec.Heads;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Preset;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What a tensor refuses, and what an engine refuses of tensors. */
class HeadTensorTest {
  private static final MemorySegment MEMORY = Arena.ofAuto().allocate(1 << 16, 8);
  private static final int MAX = Integer.MAX_VALUE;

  private record Refused(String message, Runnable attempt) {}

  private static Runnable nchw(int images, int anchors, int attributes, int height, int width) {
    return () ->
        HeadTensor.nchw(MEMORY, ElementType.F32, images, anchors, attributes, height, width);
  }

  private static Runnable attributeLast(
      int images, int anchors, int attributes, int height, int width) {
    return () ->
        HeadTensor.attributeLast(
            MEMORY, ElementType.F32, images, anchors, attributes, height, width);
  }

  private static HeadTensor strided(long image, long anchor, long attribute, long row, long col) {
    return new HeadTensor(
        MEMORY,
        ElementType.F32,
        2,
        2,
        6,
        2,
        2,
        new HeadTensor.Strides(image, anchor, attribute, row, col));
  }

  static Stream<Arguments> refused() {
    return Stream.of(
            new Refused("images is 0; must be at least 1", nchw(0, 1, 6, 1, 1)),
            new Refused("anchors is -1; must be at least 1", nchw(1, -1, 6, 1, 1)),
            new Refused("attributes is 5; must be at least 6", nchw(1, 1, 5, 1, 1)),
            new Refused("height is 0; must be at least 1", nchw(1, 1, 6, 0, 1)),
            new Refused("width is -3; must be at least 1", attributeLast(1, 1, 6, 1, -3)),
            new Refused("a stride is 0; must be at least 1", () -> strided(48, 24, 4, 2, 0)),
            new Refused("a stride is -48; must be at least 1", () -> strided(-48, 24, 4, 2, 1)),
            new Refused(
                "the memory has 65536 bytes; this shape and its strides need 65856",
                nchw(7, 3, 8, 7, 14)),
            new Refused("beyond 2^63 bytes", () -> strided(Long.MAX_VALUE, 24, 4, 2, 1)),
            new Refused("beyond 2^63 bytes", () -> strided(1L << 62, 1L << 62, 4, 2, 1)),
            new Refused("beyond 2^63 bytes", nchw(1, MAX, MAX, MAX, MAX)),
            new Refused("beyond 2^63 bytes", attributeLast(1, MAX, MAX, MAX, MAX)),
            // anchors x attributes is 65536 if computed in 32 bits
            new Refused("need 206161575936", nchw(2, 65536, 65537, 2, 3)),
            new Refused("need 206161575936", attributeLast(2, 65536, 65537, 2, 3)))
        .map(r -> Arguments.of(r.message, r.attempt));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("refused")
  void refusesWithAMessage(String message, Runnable attempt) {
    assertThatThrownBy(attempt::run)
        .isInstanceOf(TensorException.class)
        .hasMessageContaining(message);
  }

  @Test
  void matricesRefuseLikewise() {
    assertThatThrownBy(() -> new DenseTensor(MEMORY, ElementType.F64, -1, 4))
        .isInstanceOf(TensorException.class)
        .hasMessageContaining("-1 x 4");
    assertThatThrownBy(() -> new DenseTensor(MEMORY, ElementType.F64, 1, 0))
        .isInstanceOf(TensorException.class)
        .hasMessageContaining("1 x 0");
    assertThatThrownBy(() -> new DenseTensor(MEMORY, ElementType.F64, 8192, 4))
        .isInstanceOf(TensorException.class)
        .hasMessageContaining("65536 bytes; 8192 x 4 F64 need 262144");
    assertThatThrownBy(() -> new DenseTensor(MEMORY, ElementType.F64, Long.MAX_VALUE / 2, 4))
        .isInstanceOf(TensorException.class)
        .hasMessageContaining("beyond 2^63");
    assertThat(new DenseTensor(MemorySegment.NULL, ElementType.F64, 0, 4).rows()).isZero();
  }

  @Test
  void reachesElementsBeyondTwoToTheThirtyFirst(@TempDir Path folder) throws IOException {
    long far = 3_000_000_000L;
    try (Arena arena = Arena.ofConfined();
        FileChannel sparse =
            FileChannel.open(
                Files.createFile(folder.resolve("sparse")),
                StandardOpenOption.READ,
                StandardOpenOption.WRITE)) {
      MemorySegment memory = sparse.map(FileChannel.MapMode.READ_WRITE, 0, 4 * (far + 6), arena);
      HeadTensor tensor =
          new HeadTensor(
              memory, ElementType.F32, 2, 1, 6, 1, 1, new HeadTensor.Strides(far, far, 1, 1, 1));
      assertThat(tensor.index(1, 0, 5, 0, 0)).isEqualTo(far + 5);
      tensor.set(1, 0, 5, 0, 0, 2.5);
      assertThat(tensor.get(1, 0, 5, 0, 0)).isEqualTo(2.5);
      assertThat(memory.get(ValueLayout.JAVA_FLOAT, 4 * (far + 5))).isEqualTo(2.5f);
      assertThat(tensor.get(0, 0, 5, 0, 0)).isZero();
    }
  }

  private static final LossSpec SPEC =
      LossSpec.builder(Preset.YOLOV5)
          .classes(3)
          .heads(Heads.builder().head(16, 10, 10, 20, 20).head(32, 40, 40).build())
          .build();

  private static HeadTensor tensor(int images, int anchors, int attributes, int h, int w) {
    return TensorLayout.NCHW
        .allocate(ElementType.F32, images, anchors, attributes, h, w, (byte) 0)
        .tensor();
  }

  static Stream<Arguments> misfits() {
    HeadTensor fine = tensor(2, 2, 8, 4, 6);
    HeadTensor coarse = tensor(2, 1, 8, 2, 3);
    return Stream.of(
        Arguments.of("1 predictions for 2 heads", List.of(fine)),
        Arguments.of("3 predictions for 2 heads", List.of(fine, coarse, coarse)),
        Arguments.of(
            "prediction 1 has 1 images; must have 2", List.of(fine, tensor(1, 1, 8, 2, 3))),
        Arguments.of(
            "prediction 1 has 2 anchors; must have 1, as the head of stride 32",
            List.of(fine, tensor(2, 2, 8, 2, 3))),
        Arguments.of(
            "prediction 0 has 9 attributes; must have 8, 5 + 3 classes",
            List.of(tensor(2, 2, 9, 4, 6), coarse)),
        Arguments.of(
            "prediction 1 is for an image of 64 x 64 pixels (grid 2 x 2 times stride 32),"
                + " prediction 0 for 96 x 64",
            List.of(fine, tensor(2, 1, 8, 2, 2))));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("misfits")
  void anEngineRefusesPredictionsThatDoNotFit(String message, List<HeadTensor> predictions) {
    try (LossEngine engine = LossEngine.open(SPEC, Backend.REFERENCE)) {
      for (Runnable call :
          List.<Runnable>of(
              () -> engine.compute(predictions, Targets.none()),
              () -> engine.value(predictions, Targets.none()),
              () -> engine.assign(predictions, Targets.none()),
              () -> engine.searchIgnored(predictions, Targets.none()),
              () -> engine.decode(predictions),
              () -> engine.scan(predictions))) {
        assertThatThrownBy(call::run)
            .isInstanceOf(TensorException.class)
            .hasMessageContaining(message);
      }
    }
  }

  @Test
  void refusesImagesThatNoIntCanMeasure() {
    Heads wide = Heads.builder().head(1 << 30, 10, 10).build();
    LossSpec spec = LossSpec.builder(Preset.YOLOV5).classes(3).heads(wide).build();
    try (LossEngine engine = LossEngine.open(spec, Backend.REFERENCE)) {
      assertThatThrownBy(() -> engine.value(List.of(tensor(1, 1, 8, 1, 4)), Targets.none()))
          .isInstanceOf(TensorException.class)
          .hasMessageContaining("4294967296 x 1073741824 pixels; a side must be below 2^31");
    }
  }

  @Test
  void anEngineRefusesGradientsThatDoNotFit() {
    List<HeadTensor> predictions = List.of(tensor(2, 2, 8, 4, 6), tensor(2, 1, 8, 2, 3));
    HeadTensor fine = tensor(2, 2, 8, 4, 6);
    HeadTensor coarse = tensor(2, 1, 8, 2, 3);
    try (LossEngine engine = LossEngine.open(SPEC, Backend.REFERENCE);
        LossEngine other = LossEngine.open(SPEC, Backend.REFERENCE)) {
      assertThatCode(
              () ->
                  engine.compute(
                      predictions, Targets.none(), Gradients.into(List.of(fine, coarse))))
          .doesNotThrowAnyException();
      refusesGradients(engine, predictions, List.of(fine), "1 gradients for 2 predictions");
      refusesGradients(
          engine,
          predictions,
          List.of(coarse, fine),
          "gradient 0 has the shape [2, 1 x 8, 2, 3] F32; prediction 0 has [2, 2 x 8, 4, 6] F32");
      refusesGradients(
          engine,
          predictions,
          List.of(predictions.getFirst(), coarse),
          "gradient 0 shares memory with prediction 0; must have memory of its own");
      HeadTensor folded =
          new HeadTensor(
              fine.memory(),
              ElementType.F32,
              2,
              2,
              8,
              4,
              6,
              new HeadTensor.Strides(384, 192, 24, 5, 1));
      refusesGradients(
          engine,
          predictions,
          List.of(folded, coarse),
          "gradient 0 has elements that share memory");
      assertThatThrownBy(() -> Gradients.into(List.of(fine.over(fine.memory().asReadOnly()))))
          .isInstanceOf(TensorException.class)
          .hasMessage("gradient 0 is read-only memory");
      assertThatThrownBy(() -> engine.compute(predictions, Targets.none(), other.gradients()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("another engine");
    }
  }

  private static void refusesGradients(
      LossEngine engine, List<HeadTensor> predictions, List<HeadTensor> into, String message) {
    Gradients gradients = Gradients.into(into);
    assertThatThrownBy(() -> engine.compute(predictions, Targets.none(), gradients))
        .isInstanceOf(TensorException.class)
        .hasMessageContaining(message);
  }
}
