package dev.yololoss.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import dev.yololoss.Backend;
import dev.yololoss.ElementType;
import dev.yololoss.HeadTensor;
import dev.yololoss.TensorException;
import dev.yololoss.spec.Heads;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Preset;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The two ways to a tensor's memory, on the CPU, where each can be held against the other. */
class TorchMemoryTest {
  private static final int ATTRIBUTES = 7;
  private static final TorchMemory BUFFERS = new DirectBuffers();

  private NDManager manager;
  private TorchPointers pointers;

  @BeforeEach
  void open() {
    manager = NDManager.newBaseManager("PyTorch");
    pointers = TorchPointers.find().orElseThrow();
  }

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void thisPyTorchExportsWhatPointersNeed() {
    assertThat(TorchMemory.ofLoadedTorch()).isInstanceOf(TorchPointers.class);
  }

  @Test
  void bothWaysReachTheSameAddress() {
    NDArray head = manager.arange(2f * 2 * ATTRIBUTES * 3 * 5).reshape(2, 2 * ATTRIBUTES, 3, 5);
    HeadTensor byBuffer = BUFFERS.view(0, head, 2, ATTRIBUTES);
    HeadTensor byPointer = pointers.view(0, head, 2, ATTRIBUTES);
    assertThat(byPointer.memory().address()).isEqualTo(byBuffer.memory().address());
    assertThat(byPointer.memory().byteSize()).isEqualTo(byBuffer.memory().byteSize());
    assertThat(byPointer.strides()).isEqualTo(byBuffer.strides());
    byPointer.set(1, 1, 6, 2, 4, -42);
    assertThat(head.getFloat(1, 13, 2, 4)).isEqualTo(-42f);
  }

  /** An offset into the storage, and strides that no contiguous tensor has. */
  @Test
  void pointersFollowSlicesAndTurns() {
    NDArray whole = manager.arange(3f * 4 * 5 * 2 * ATTRIBUTES).reshape(3, 4, 5, 2 * ATTRIBUTES);
    NDArray head = whole.get("1:3").transpose(0, 3, 2, 1);
    HeadTensor view = pointers.view(0, head, 2, ATTRIBUTES);
    for (int image = 0; image < 2; image++) {
      for (int channel = 0; channel < 2 * ATTRIBUTES; channel++) {
        for (int row = 0; row < 5; row++) {
          for (int column = 0; column < 4; column++) {
            assertThat(view.get(image, channel / ATTRIBUTES, channel % ATTRIBUTES, row, column))
                .isEqualTo(head.getFloat(image, channel, row, column));
          }
        }
      }
    }
  }

  @Test
  void buffersRefuseWhatTheyCouldOnlyCopy() {
    NDArray head = manager.zeros(new Shape(2, 4, 4, ATTRIBUTES)).transpose(0, 3, 1, 2);
    assertThatThrownBy(() -> BUFFERS.view(3, head, 1, ATTRIBUTES))
        .isInstanceOf(TensorException.class)
        .hasMessageContaining("head 3 is not contiguous");
  }

  @Test
  void aBroadcastHeadIsRefused() {
    NDArray head = manager.zeros(new Shape(1, ATTRIBUTES, 4, 4)).broadcast(2, ATTRIBUTES, 4, 4);
    assertThatThrownBy(() -> pointers.view(1, head, 1, ATTRIBUTES))
        .isInstanceOf(TensorException.class)
        .hasMessageContaining("head 1 repeats its memory along dimension 0");
    NDArray one = manager.ones(new Shape(1, ATTRIBUTES, 1, 1)).broadcast(1, ATTRIBUTES, 1, 1);
    assertThat(pointers.view(0, one, 1, ATTRIBUTES).get(0, 0, 6, 0, 0)).isEqualTo(1);
  }

  @Test
  void arraysOverMemoryShareIt() {
    for (TorchMemory way : List.of(BUFFERS, pointers)) {
      try (Arena arena = Arena.ofShared();
          NDManager mine = manager.newSubManager()) {
        MemorySegment memory = arena.allocate(6 * ValueLayout.JAVA_FLOAT.byteSize(), 64);
        NDArray array = way.over(mine, HeadTensor.nchw(memory, ElementType.F32, 1, 1, 6, 1, 1));
        assertThat(array.getShape()).isEqualTo(new Shape(6));
        memory.setAtIndex(ValueLayout.JAVA_FLOAT, 2, 7);
        assertThat(array.toFloatArray()).containsExactly(0, 0, 7, 0, 0, 0);
        array.addi(array);
        assertThat(memory.getAtIndex(ValueLayout.JAVA_FLOAT, 2)).isEqualTo(14);
        assertThat(pointers.address(array).address()).isEqualTo(memory.address());
      }
    }
  }

  @Test
  void aLossGivesTheSameBitsBothWays() {
    LossSpec spec =
        LossSpec.builder(Preset.YOLOV5)
            .classes(2)
            .heads(Heads.builder().head(8, 10, 12).head(16, 14, 14).build())
            .build();
    NDArray labels = manager.create(new float[] {0, 1, 0.3f, 0.4f, 0.3f, 0.25f}, new Shape(1, 6));
    assertThat(gradients(spec, labels, pointers)).isEqualTo(gradients(spec, labels, BUFFERS));
  }

  private List<List<Float>> gradients(LossSpec spec, NDArray labels, TorchMemory way) {
    NDArray small = manager.arange(ATTRIBUTES * 64f).reshape(1, ATTRIBUTES, 8, 8).sin();
    NDArray large = manager.arange(ATTRIBUTES * 16f).reshape(1, ATTRIBUTES, 4, 4).cos();
    small.setRequiresGradient(true);
    large.setRequiresGradient(true);
    try (YoloLoss loss = YoloLoss.of(spec, Backend.REFERENCE, way);
        GradientCollector collector = Engine.getEngine("PyTorch").newGradientCollector()) {
      collector.backward(loss.evaluate(new NDList(labels), new NDList(small, large)));
    }
    return List.of(floats(small.getGradient()), floats(large.getGradient()));
  }

  private static List<Float> floats(NDArray array) {
    Float[] boxed = new Float[(int) array.size()];
    float[] values = array.toFloatArray();
    for (int i = 0; i < values.length; i++) {
      boxed[i] = values[i];
    }
    assertThat(boxed).anyMatch(v -> v != 0);
    return List.of(boxed);
  }
}
