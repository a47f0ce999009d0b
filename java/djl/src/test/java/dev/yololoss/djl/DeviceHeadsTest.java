package dev.yololoss.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.training.GradientCollector;
import dev.yololoss.Backend;
import dev.yololoss.DevicePointer;
import dev.yololoss.ElementType;
import dev.yololoss.HeadTensor;
import dev.yololoss.LossEngine;
import dev.yololoss.LossResult;
import dev.yololoss.NonFiniteException;
import dev.yololoss.Targets;
import dev.yololoss.TensorException;
import dev.yololoss.spec.Heads;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Preset;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

/**
 * Heads on a device: PyTorch's tensors over memory of the emulated device, which the CPU reaches
 * too, taken for tensors of a GPU.
 */
@EnabledIf(
    value = "dev.yololoss.djl.TestedBackend#isEmulated",
    disabledReason = "runs on the emulated CUDA device only")
class DeviceHeadsTest {
  private static final int ATTRIBUTES = 7;
  private static final LossSpec SPEC =
      LossSpec.builder(Preset.YOLOV5)
          .classes(2)
          .heads(Heads.builder().head(8, 10, 12).head(16, 14, 14, 20, 24).build())
          .build();
  private static final List<Shape> SHAPES =
      List.of(new Shape(2, ATTRIBUTES, 8, 8), new Shape(2, 2 * ATTRIBUTES, 4, 4));
  private static final double[][] ROWS = {
    {0, 1, 0.3, 0.4, 0.3, 0.25}, {1, 0, 0.71, 0.62, 0.15, 0.2}
  };

  private final List<CUdeviceptr> allocated = new ArrayList<>();
  private final List<NDArray> flat = new ArrayList<>();
  private final CUdevice device = new CUdevice();
  private NDManager manager;
  private TorchFunctions torch;
  private TorchPointers memory;

  @BeforeEach
  void open() {
    manager = NDManager.newBaseManager("PyTorch");
    torch = TorchFunctions.find().orElseThrow();
    memory = new TorchPointers(torch, array -> true);
    LossEngine.open(SPEC, Backend.CUDA).close(); // which loads JCuda's library
    CUcontext context = new CUcontext();
    check(JCudaDriver.cuDeviceGet(device, 0));
    check(JCudaDriver.cuDevicePrimaryCtxRetain(context, device));
    check(JCudaDriver.cuCtxPushCurrent(context));
    SHAPES.forEach(shape -> flat.add(onDevice(shape, 0.5f)));
  }

  @AfterEach
  void close() {
    manager.close();
    allocated.forEach(pointer -> check(JCudaDriver.cuMemFree(pointer)));
    check(JCudaDriver.cuCtxPopCurrent(new CUcontext()));
    check(JCudaDriver.cuDevicePrimaryCtxRelease(device));
  }

  private static void check(int status) {
    assertThat(status).isZero();
  }

  /** A leaf of one dimension, with a given objectness in the first cell. */
  @SuppressWarnings("restricted")
  private NDArray onDevice(Shape shape, float objectness) {
    CUdeviceptr pointer = new CUdeviceptr();
    check(JCudaDriver.cuMemAlloc(pointer, shape.size() * Float.BYTES));
    allocated.add(pointer);
    long address = DevicePointer.of(pointer, 0).address();
    long tensor =
        torch.tensorFromBlob(MemorySegment.ofAddress(address), shape.size(), Device.cpu());
    NDArray array = new PtNDArray((PtNDManager) manager, tensor);
    Random random = new Random(shape.size());
    float[] values = new float[(int) shape.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    values[4 * (int) (shape.get(2) * shape.get(3))] = objectness;
    MemorySegment.ofAddress(address)
        .reinterpret(shape.size() * Float.BYTES)
        .copyFrom(MemorySegment.ofArray(values));
    array.setRequiresGradient(true);
    return array;
  }

  private NDList heads() {
    NDList heads = new NDList();
    for (int layer = 0; layer < SHAPES.size(); layer++) {
      heads.add(flat.get(layer).reshape(SHAPES.get(layer)));
    }
    return heads;
  }

  /** From copies in memory of this machine. */
  private double expectedTotal(List<float[]> gradients) {
    try (LossEngine engine = LossEngine.open(SPEC, Backend.CUDA)) {
      List<HeadTensor> copies = new ArrayList<>();
      for (int layer = 0; layer < SHAPES.size(); layer++) {
        Shape shape = SHAPES.get(layer);
        copies.add(
            HeadTensor.nchw(
                MemorySegment.ofArray(flat.get(layer).toFloatArray()),
                ElementType.F32,
                2,
                (int) shape.get(1) / ATTRIBUTES,
                ATTRIBUTES,
                (int) shape.get(2),
                (int) shape.get(3)));
      }
      LossResult result = engine.compute(copies, Targets.ofRows(ROWS));
      engine
          .copyToHost(engine.gradients().tensors(), Arena.ofAuto())
          .forEach(g -> gradients.add(g.memory().toArray(ValueLayout.JAVA_FLOAT)));
      return result.total();
    }
  }

  private void assertGradients(List<float[]> expected) {
    for (int layer = 0; layer < SHAPES.size(); layer++) {
      float[] found = flat.get(layer).getGradient().toFloatArray();
      assertThat(found).isEqualTo(expected.get(layer));
      assertThat(found).as("something arrived").isNotEqualTo(new float[found.length]);
    }
  }

  @Test
  void aStepReadsThemAndHandsTheGradientsOverWhereTheyLie() {
    List<float[]> expected = new ArrayList<>();
    double total = expectedTotal(expected);
    try (LossStep loss = LossStep.open(SPEC, Backend.CUDA, memory);
        GradientCollector _ = Engine.getEngine("PyTorch").newGradientCollector()) {
      NDList heads = heads();
      LossResult result = loss.compute(heads, Targets.ofRows(ROWS), 1);
      assertThat(result.total()).isEqualTo(total);
      loss.propagate(heads);
    }
    assertGradients(expected);
  }

  @Test
  void aLossOfDjlDoesToo() {
    List<float[]> expected = new ArrayList<>();
    double total = expectedTotal(expected);
    float[] labels = new float[12];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = (float) ROWS[i / 6][i % 6];
    }
    try (YoloLoss loss = YoloLoss.of(SPEC, Backend.CUDA, memory);
        GradientCollector collector = Engine.getEngine("PyTorch").newGradientCollector()) {
      NDArray value = loss.evaluate(new NDList(manager.create(labels, new Shape(2, 6))), heads());
      assertThat((double) value.getFloat()).isCloseTo(total, within(1e-6 * total));
      collector.backward(value);
    }
    for (int layer = 0; layer < SHAPES.size(); layer++) {
      Close.assertClose(flat.get(layer).getGradient().toFloatArray(), expected.get(layer), 1e-5);
    }
  }

  /** The negative control: these addresses really go to the driver, which knows its own. */
  @Test
  void memoryThatIsNotTheDevicesIsRefused() {
    NDList elsewhere = new NDList();
    SHAPES.forEach(shape -> elsewhere.add(manager.zeros(shape)));
    try (LossStep loss = LossStep.open(SPEC, Backend.CUDA, memory)) {
      assertThatThrownBy(() -> loss.compute(elsewhere, Targets.none(), 1))
          .isInstanceOf(TensorException.class)
          .hasMessageContaining("which the driver knows no memory at");
    }
  }

  /** On a device the engine itself tells nobody before the result is read. */
  @Test
  void pytorchNeverSeesTheGradientsOfWhatIsNotFinite() {
    NDArray broken = onDevice(SHAPES.get(1), Float.NaN);
    try (LossStep loss = LossStep.open(SPEC, Backend.CUDA, memory);
        GradientCollector _ = Engine.getEngine("PyTorch").newGradientCollector()) {
      NDList heads = new NDList(heads().head(), broken.reshape(SHAPES.get(1)));
      assertThatThrownBy(() -> loss.backward(heads, Targets.ofRows(ROWS)))
          .isInstanceOf(NonFiniteException.class);
      assertThatThrownBy(() -> loss.propagate(heads)).isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void otherBackendsCannotReachThem() {
    try (LossStep loss = LossStep.open(SPEC, Backend.REFERENCE, memory)) {
      assertThatThrownBy(() -> loss.value(heads(), Targets.none()))
          .isInstanceOf(TensorException.class)
          .hasMessageContaining("device");
    }
  }
}
