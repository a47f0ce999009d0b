package dev.yololoss.host;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.yololoss.Backend;
import dev.yololoss.DecodedBoxes;
import dev.yololoss.DenseTensor;
import dev.yololoss.ElementType;
import dev.yololoss.EngineOptions;
import dev.yololoss.HeadTensor;
import dev.yololoss.IgnoreMask;
import dev.yololoss.Match;
import dev.yololoss.NonFiniteException;
import dev.yololoss.NonFinitePolicy;
import dev.yololoss.Targets;
import dev.yololoss.backend.LossExecutor;
import dev.yololoss.backend.StepRequest;
import dev.yololoss.backend.StepValues;
import dev.yololoss.layout.LossDescription;
import dev.yololoss.layout.StepLayouts;
import dev.yololoss.layout.TargetRows;
import dev.yololoss.layout.TensorViews;
import dev.yololoss.spec.LossSpec;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;

/**
 * One loss on the cores of this machine.
 *
 * <p>Owns the C++ engine and the off-heap memory of its calls. Handles and memory are made once, so
 * that a step allocates nothing but its result.
 */
public final class HostExecutor implements LossExecutor {
  /** What a call is for: {@code StepMode} in C++. */
  enum Mode {
    LOSS,
    ASSIGN,
    SEARCH_IGNORED
  }

  private static final long PREDICTIONS = StepLayouts.offset(StepLayouts.REQUEST, "predictions");
  private static final long GRADIENTS = StepLayouts.offset(StepLayouts.REQUEST, "gradients");
  private static final long BALANCE = StepLayouts.offset(StepLayouts.REQUEST, "balance");
  private static final long MODE = StepLayouts.offset(StepLayouts.REQUEST, "mode");
  private static final long IMAGES = StepLayouts.offset(StepLayouts.REQUEST, "images");
  private static final long TARGET_COUNT = StepLayouts.offset(StepLayouts.REQUEST, "target_count");
  private static final long HAS_GRADIENTS =
      StepLayouts.offset(StepLayouts.REQUEST, "has_gradients");
  private static final long KEEPS_GRADIENTS =
      StepLayouts.offset(StepLayouts.REQUEST, "keeps_gradients");
  private static final long NON_FINITE = StepLayouts.offset(StepLayouts.REQUEST, "non_finite");
  private static final long GRADIENT_SCALE =
      StepLayouts.offset(StepLayouts.REQUEST, "gradient_scale");
  private static final double[] NO_BALANCE = new double[0];

  private final HostLibrary library = HostLibrary.get();
  private final LossSpec spec;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment request = arena.allocate(StepLayouts.REQUEST);
  private final MemorySegment result = arena.allocate(StepLayouts.RESULT);
  private final MemorySegment engine;
  private final HostStep step;
  private Arena targetArena = Arena.ofShared();
  private MemorySegment targetRows = MemorySegment.NULL;

  public HostExecutor(LossSpec spec, EngineOptions options) {
    this.spec = spec;
    boolean opened = false;
    try (Arena call = Arena.ofConfined()) {
      engine = open(spec, options, call);
      opened = true;
    } finally {
      if (!opened) {
        arena.close();
        targetArena.close();
      }
    }
    step = new HostStep(result, spec);
  }

  private MemorySegment open(LossSpec spec, EngineOptions options, Arena call) {
    List<Double> weights = spec.classification().perClass();
    MemorySegment classWeights =
        weights.isEmpty()
            ? MemorySegment.NULL
            : call.allocateFrom(JAVA_DOUBLE, weights.stream().mapToDouble(d -> d).toArray());
    MemorySegment loss = call.allocate(StepLayouts.LOSS);
    LossDescription.write(spec, loss, Backend.NATIVE);
    MemorySegment handle = call.allocate(ADDRESS);
    try {
      library.check(
          (int)
              library.open.invokeExact(
                  loss,
                  classWeights,
                  HostLibrary.threads(options),
                  options.instructionSet().ordinal(),
                  handle),
          "yl_open");
    } catch (Throwable e) {
      throw HostLibrary.impossible(e);
    }
    return handle.get(ADDRESS, 0);
  }

  @Override
  public StepValues step(StepRequest asked) {
    call(Mode.LOSS, asked.predictions(), asked.targets(), asked);
    if (asked.nonFinite() == NonFinitePolicy.THROW && step.firstNonFinite().isPresent()) {
      throw new NonFiniteException(step.firstNonFinite().get());
    }
    return step;
  }

  @Override
  public List<Match> assign(List<HeadTensor> predictions, Targets targets) {
    call(Mode.ASSIGN, predictions, targets, null);
    return step.matches();
  }

  @Override
  public IgnoreMask searchIgnored(List<HeadTensor> predictions, Targets targets) {
    call(Mode.SEARCH_IGNORED, predictions, targets, null);
    List<BitSet> layers =
        IntStream.range(0, predictions.size())
            .mapToObj(
                layer -> {
                  HeadTensor p = predictions.get(layer);
                  return step.ignored(layer, p.size() / p.attributes());
                })
            .toList();
    return new IgnoreMask(layers);
  }

  @Override
  public DecodedBoxes decode(List<HeadTensor> predictions) {
    int boxes = predictions.stream().mapToInt(p -> p.anchors() * p.height() * p.width()).sum();
    int images = predictions.getFirst().images();
    long rows = (long) images * boxes;
    DenseTensor values =
        new DenseTensor(
            Arena.ofAuto().allocate(rows * spec.attributes() * ElementType.F64.bytes(), 64),
            ElementType.F64,
            rows,
            spec.attributes());
    describe(Mode.LOSS, predictions, null);
    request.set(JAVA_INT, TARGET_COUNT, 0);
    try {
      int status =
          (int)
              library.decode.invokeExact(
                  engine,
                  request,
                  values.memory(),
                  memory(predictions, 0),
                  memory(predictions, 1),
                  memory(predictions, 2),
                  memory(predictions, 3),
                  memory(predictions, 4),
                  memory(predictions, 5),
                  memory(predictions, 6),
                  memory(predictions, 7));
      library.check(status, "yl_decode");
    } catch (Throwable e) {
      throw HostLibrary.impossible(e);
    }
    return new DecodedBoxes(images, boxes, spec.classes(), values);
  }

  private void call(Mode mode, List<HeadTensor> predictions, Targets targets, StepRequest asked) {
    describe(mode, predictions, asked);
    stage(targets);
    List<HeadTensor> gradients = asked == null ? List.of() : asked.gradients();
    try {
      int status =
          (int)
              library.step.invokeExact(
                  engine,
                  request,
                  targetRows,
                  result,
                  memory(predictions, 0),
                  memory(predictions, 1),
                  memory(predictions, 2),
                  memory(predictions, 3),
                  memory(predictions, 4),
                  memory(predictions, 5),
                  memory(predictions, 6),
                  memory(predictions, 7),
                  memory(gradients, 0),
                  memory(gradients, 1),
                  memory(gradients, 2),
                  memory(gradients, 3),
                  memory(gradients, 4),
                  memory(gradients, 5),
                  memory(gradients, 6),
                  memory(gradients, 7));
      library.check(status, "yl_step");
    } catch (Throwable e) {
      throw HostLibrary.impossible(e);
    }
    step.images(predictions.getFirst().images());
  }

  /** Every caller's segment is an argument of its own, so that the call keeps its arena alive. */
  private static MemorySegment memory(List<HeadTensor> tensors, int layer) {
    return layer < tensors.size() ? tensors.get(layer).memory() : MemorySegment.NULL;
  }

  private void describe(Mode mode, List<HeadTensor> predictions, StepRequest asked) {
    boolean writes = asked != null && !asked.gradients().isEmpty();
    double[] balance = asked == null ? NO_BALANCE : asked.balance();
    request.set(JAVA_INT, MODE, mode.ordinal());
    request.set(JAVA_INT, IMAGES, predictions.getFirst().images());
    request.set(JAVA_INT, HAS_GRADIENTS, writes ? 1 : 0);
    request.set(JAVA_INT, KEEPS_GRADIENTS, writes && asked.keepsGradients() ? 1 : 0);
    request.set(
        JAVA_INT,
        NON_FINITE,
        (asked == null ? NonFinitePolicy.REPORT : asked.nonFinite()).ordinal());
    request.set(JAVA_DOUBLE, GRADIENT_SCALE, asked == null ? 1 : asked.gradientScale());
    for (int i = 0; i < StepLayouts.MAX_HEADS; i++) {
      request.set(JAVA_DOUBLE, BALANCE + 8L * i, i < balance.length ? balance[i] : 1);
    }
    for (int layer = 0; layer < predictions.size(); layer++) {
      view("prediction", layer, PREDICTIONS, predictions.get(layer));
      if (writes) {
        view("gradient", layer, GRADIENTS, asked.gradients().get(layer));
      }
    }
  }

  private void view(String what, int layer, long first, HeadTensor tensor) {
    HostMemory.require(what, layer, tensor.memory(), tensor.type());
    TensorViews.write(request, first, layer, tensor);
  }

  private void stage(Targets targets) {
    int count = targets.size();
    long bytes = count * StepLayouts.TARGET.byteSize();
    if (targetRows.byteSize() < bytes) {
      Arena larger = Arena.ofShared();
      targetRows = larger.allocate(2 * bytes, 64);
      targetArena.close();
      targetArena = larger;
    }
    request.set(JAVA_INT, TARGET_COUNT, count);
    TargetRows.write(targetRows, 0, targets);
  }

  /** Instruction set and number of threads, in words. */
  public String description() {
    try {
      MemorySegment text = (MemorySegment) library.describe.invokeExact(engine);
      return HostLibrary.text(text);
    } catch (Throwable e) {
      throw HostLibrary.impossible(e);
    }
  }

  @Override
  public void close() {
    try {
      library.close.invokeExact(engine);
    } catch (Throwable e) {
      throw HostLibrary.impossible(e);
    } finally {
      arena.close();
      targetArena.close();
    }
  }
}
