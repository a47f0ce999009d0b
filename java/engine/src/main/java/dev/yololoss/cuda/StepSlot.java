package dev.yololoss.cuda;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.yololoss.HeadTensor;
import dev.yololoss.NonFinitePolicy;
import dev.yololoss.Targets;
import dev.yololoss.layout.StepLayouts;
import dev.yololoss.layout.TargetRows;
import dev.yololoss.layout.TensorViews;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * A place for a step's input and result. Some take turns: while the device works on one step, the
 * next are written. One more is for a step in a graph of the caller's.
 *
 * <p>The context is current to all of it.
 */
final class StepSlot implements AutoCloseable {
  private static final long TARGET_COUNT = StepLayouts.offset(DeviceLayouts.INPUT, "target_count");
  private static final long HAS_GRADIENTS =
      StepLayouts.offset(DeviceLayouts.INPUT, "has_gradients");
  private static final long KEEPS_GRADIENTS =
      StepLayouts.offset(DeviceLayouts.INPUT, "keeps_gradients");
  private static final long CLEAR = StepLayouts.offset(DeviceLayouts.INPUT, "clear");
  private static final long NON_FINITE = StepLayouts.offset(DeviceLayouts.INPUT, "non_finite");
  private static final long SCALE = StepLayouts.offset(DeviceLayouts.INPUT, "gradient_scale");
  private static final long BALANCE = StepLayouts.offset(DeviceLayouts.INPUT, "balance");
  private static final long PREDICTIONS = StepLayouts.offset(DeviceLayouts.INPUT, "predictions");
  private static final long GRADIENTS = StepLayouts.offset(DeviceLayouts.INPUT, "gradients");
  private static final long PREDICTION_DATA =
      StepLayouts.offset(DeviceLayouts.INPUT, "prediction_data");
  private static final long GRADIENT_DATA =
      StepLayouts.offset(DeviceLayouts.INPUT, "gradient_data");
  private static final long COUNTERS = StepLayouts.offset(DeviceLayouts.INPUT, "counters");
  private static final long NON_FINITE_KIND =
      StepLayouts.offset(StepLayouts.RESULT, "non_finite_kind");

  /** A kind that no step leaves. */
  private static final int NO_RESULT = -1;

  private static final long ALIGNMENT = 16;

  private final Driver driver;
  private final CloseAll resources = new CloseAll();
  private final int parity;
  private final int images;
  private final PinnedMemory staging;
  private final DeviceMemory input;
  private final DeviceMemory result;
  private final PinnedMemory hostResult;
  private final Event done;
  private final long targets;
  private final long imageFirst;
  private final long imageRows;
  private final int[] nextRow;
  private Graph graph;

  StepSlot(CudaContext context, PlanShape shape, int parity) {
    this.driver = context.driver();
    this.parity = parity;
    this.images = shape.images();
    this.nextRow = new int[images];
    targets = aligned(DeviceLayouts.INPUT.byteSize());
    imageFirst = aligned(targets + StepLayouts.TARGET.byteSize() * shape.targetCapacity());
    imageRows = aligned(imageFirst + JAVA_INT.byteSize() * (images + 1L));
    long bytes = aligned(imageRows + JAVA_INT.byteSize() * shape.targetCapacity());
    try {
      staging = resources.add(new PinnedMemory(context, bytes));
      input = resources.add(new DeviceMemory(context, bytes));
      result = resources.add(new DeviceMemory(context, StepLayouts.RESULT.byteSize()));
      hostResult = resources.add(new PinnedMemory(context, StepLayouts.RESULT.byteSize()));
      done = resources.add(new Event(driver));
    } catch (RuntimeException | Error e) {
      resources.closeAfter(e);
      throw e;
    }
    hostResult.segment().set(JAVA_INT, NON_FINITE_KIND, NO_RESULT);
    staging.segment().fill((byte) 0);
    StructWriter writer =
        StructWriter.at(staging.segment(), 0, DeviceLayouts.INPUT)
            .put("parity", parity)
            .put("targets", input.address() + targets)
            .put("image_first", input.address() + imageFirst)
            .put("image_rows", input.address() + imageRows);
    StructWriter.at(writer.memory(), COUNTERS, DeviceLayouts.COUNTERS)
        .put("first_prediction", -1L)
        .put("first_stored", -1L);
  }

  private static long aligned(long bytes) {
    return Math.ceilDiv(bytes, ALIGNMENT) * ALIGNMENT;
  }

  int parity() {
    return parity;
  }

  /** The {@code StepInput} on the device. */
  long inputAddress() {
    return input.address();
  }

  /** The {@code StepResult} on the device. */
  long resultAddress() {
    return result.address();
  }

  /** The {@code StepResult} as it was copied. */
  MemorySegment hostResult() {
    return hostResult.segment();
  }

  /** Whether a result was ever copied. */
  boolean hasResult() {
    return hostResult.segment().get(JAVA_INT, NON_FINITE_KIND) != NO_RESULT;
  }

  /** Waits until the device has done with the step that was last put here, if it has not. */
  void awaitDone() {
    if (!done.isReached()) {
      done.synchronize();
    }
  }

  /** Marks the end of this slot's work on a stream. */
  void markDone(long stream) {
    done.record(stream);
  }

  /** Writes the targets, by caller's row and by image. */
  void stage(Targets rows) {
    MemorySegment memory = staging.segment();
    memory.set(JAVA_INT, TARGET_COUNT, rows.size());
    TargetRows.write(memory, targets, rows);
    java.util.Arrays.fill(nextRow, 0);
    for (int row = 0; row < rows.size(); row++) {
      nextRow[rows.image(row)]++;
    }
    int before = 0;
    for (int image = 0; image < images; image++) {
      int count = nextRow[image];
      memory.set(JAVA_INT, imageFirst + 4L * image, before);
      nextRow[image] = before;
      before += count;
    }
    memory.set(JAVA_INT, imageFirst + 4L * images, before);
    for (int row = 0; row < rows.size(); row++) {
      int place = nextRow[rows.image(row)]++;
      memory.set(JAVA_INT, imageRows + 4L * place, row);
    }
  }

  /** Writes what the step is to do. */
  void stage(
      boolean hasGradients,
      boolean keepsGradients,
      ClearMode clear,
      NonFinitePolicy nonFinite,
      double scale,
      double[] balance) {
    MemorySegment memory = staging.segment();
    memory.set(JAVA_INT, HAS_GRADIENTS, hasGradients ? 1 : 0);
    memory.set(JAVA_INT, KEEPS_GRADIENTS, keepsGradients ? 1 : 0);
    memory.set(JAVA_INT, CLEAR, clear.ordinal());
    memory.set(JAVA_INT, NON_FINITE, nonFinite.ordinal());
    memory.set(JAVA_DOUBLE, SCALE, scale);
    for (int i = 0; i < StepLayouts.MAX_HEADS; i++) {
      memory.set(JAVA_DOUBLE, BALANCE + 8L * i, i < balance.length ? balance[i] : 1);
    }
  }

  /** Writes where predictions and gradients lie, all of them on the device. */
  void stage(List<HeadTensor> predictions, List<HeadTensor> gradients) {
    MemorySegment memory = staging.segment();
    for (int l = 0; l < predictions.size(); l++) {
      TensorViews.write(memory, PREDICTIONS, l, predictions.get(l));
      memory.set(JAVA_LONG, PREDICTION_DATA + 8L * l, predictions.get(l).pointer().address());
    }
    for (int l = 0; l < gradients.size(); l++) {
      TensorViews.write(memory, GRADIENTS, l, gradients.get(l));
      memory.set(JAVA_LONG, GRADIENT_DATA + 8L * l, gradients.get(l).pointer().address());
    }
  }

  /** Copies the input to the device; the staging memory is read when the stream comes to it. */
  void upload(long stream) {
    driver.memcpyHtoDAsync(input.address(), staging.segment(), input.bytes(), stream);
  }

  /** Copies the result to this machine. */
  void download(long stream) {
    driver.memcpyDtoHAsync(hostResult.segment(), result.address(), result.bytes(), stream);
  }

  /** Launches work that is captured the first time. */
  void launchCaptured(long captureStream, long stream, Runnable work) {
    if (graph == null) {
      graph = resources.add(Graph.capture(driver, captureStream, work));
    }
    graph.launch(stream);
  }

  /** Idempotent. */
  @Override
  public void close() {
    resources.close();
  }
}
