package dev.yololoss.cuda;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.yololoss.CopiedBytes;
import dev.yololoss.DecodedBoxes;
import dev.yololoss.DenseTensor;
import dev.yololoss.DeviceException;
import dev.yololoss.ElementType;
import dev.yololoss.EngineOptions;
import dev.yololoss.HeadTensor;
import dev.yololoss.IgnoreMask;
import dev.yololoss.Match;
import dev.yololoss.NonFinitePolicy;
import dev.yololoss.Targets;
import dev.yololoss.backend.GradientMemory;
import dev.yololoss.backend.LossExecutor;
import dev.yololoss.backend.StepRequest;
import dev.yololoss.backend.StepValues;
import dev.yololoss.spec.Ignore;
import dev.yololoss.spec.LossSpec;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

/**
 * One loss on a CUDA device.
 *
 * <p>A step is one copy to the device, two kernels (three for the rule IOU_AT_LEAST) and one copy
 * back, captured once into a graph and launched again while shapes stay the same.
 *
 * <p>Steps over tensors on the device take turns in {@link StepPlaces#SLOTS} places. A step waits
 * for the device only where the one whose place it takes is not done yet, so only when this machine
 * is more than {@link StepPlaces#SLOTS} steps ahead; and where the loss has {@code
 * reduction.autobalance}, whose factors come from the step before. Tensors of this machine are
 * copied, for which it waits too.
 */
public final class CudaExecutor implements LossExecutor {
  private static final int MOST_DECODE_BLOCKS = 4096;

  private static final String TOO_LATE =
      "nothing can be allocated then; compute once with these shapes and as many targets before"
          + " capturing";

  private final LossSpec spec;
  private final boolean debug;
  private final CudaContext context;
  private final CloseAll resources = new CloseAll();
  private final Driver driver;
  private final WorkStream work;
  private final long stream;
  private final Stream captureStream;
  private final List<StepKernels> kernels;
  private final StepKernels capturedKernels;
  private final Kernel decode;
  private final KernelArguments decodeArguments;
  private final DeviceMemory classWeights;
  private final TensorMirror predictionMirror;
  private final TensorMirror gradientMirror;
  private final Readback readback;
  private final CheckPointers pointers;
  private final CloseAll retained;
  private int targetCapacity;
  private StepPlaces places;
  private StepPlaces decodePlaces;
  private int turn;
  private boolean keptIsClean;
  private CudaStep last;

  public CudaExecutor(LossSpec spec, EngineOptions options) {
    this.spec = spec;
    this.debug = options.cuda().debug();
    CudaPlatform platform = CudaPlatform.get(options.cuda());
    this.context = platform.context();
    this.driver = context.driver();
    try {
      context.enter();
      try {
        Arena arena = resources.add(Arena.ofShared());
        work = WorkStream.of(driver, options.cuda(), resources);
        stream = work.handle();
        captureStream = resources.add(new Stream(driver, StreamKind.APART));
        KernelModule module = resources.add(platform.module());
        kernels =
            IntStream.range(0, StepPlaces.SLOTS)
                .mapToObj(_ -> new StepKernels(module, spec.ignore().rule(), arena))
                .toList();
        capturedKernels = new StepKernels(module, spec.ignore().rule(), arena);
        decodeArguments = new KernelArguments(arena, Collections.nCopies(3, JAVA_LONG));
        decode = module.kernel("decode", decodeArguments);
        readback = resources.add(new Readback(context));
        predictionMirror = resources.add(new TensorMirror(context));
        gradientMirror = resources.add(new TensorMirror(context));
        retained = resources.add(new CloseAll());
        classWeights = classWeights();
        pointers = new CheckPointers(driver, context.ordinal());
      } catch (RuntimeException | Error e) {
        context.leaveAfter(e);
        throw e;
      }
      context.leave();
    } catch (DeviceException e) {
      DeviceException told = context.failed(e);
      context.closeAfter(told, resources);
      throw told;
    } catch (RuntimeException | Error e) {
      context.closeAfter(e, resources);
      throw e;
    }
  }

  private DeviceMemory classWeights() {
    List<Double> weights = spec.classification().perClass();
    DeviceMemory memory =
        resources.add(new DeviceMemory(context, JAVA_DOUBLE.byteSize() * weights.size()));
    if (!weights.isEmpty()) {
      try (PinnedMemory staging = new PinnedMemory(context, memory.bytes())) {
        for (int c = 0; c < weights.size(); c++) {
          staging.segment().setAtIndex(JAVA_DOUBLE, c, weights.get(c));
        }
        driver.memcpyHtoDAsync(memory.address(), staging.segment(), memory.bytes(), stream);
        driver.streamSynchronize(stream);
      }
    }
    return memory;
  }

  @Override
  public StepValues step(StepRequest asked) {
    return context.call(
        () -> {
          List<HeadTensor> gradients = asked.gradients();
          pointers.check("prediction", asked.predictions());
          pointers.check("gradient", gradients);
          if (work.isCapturing()) {
            requireCapturable(asked);
            last = capture(asked);
            return last;
          }
          List<HeadTensor> written = gradientMirror.standIns(gradients, stream);
          CudaStep step = run(asked, written);
          if (!gradients.stream().allMatch(HeadTensor::isOnDevice)) {
            step.finished();
            gradientMirror.download(written, gradients, stream);
            step.told();
          }
          return step;
        });
  }

  @Override
  public List<Match> assign(List<HeadTensor> predictions, Targets targets) {
    return context.call(() -> decide(predictions, targets).matches(false));
  }

  @Override
  public IgnoreMask searchIgnored(List<HeadTensor> predictions, Targets targets) {
    return context.call(
        () -> {
          DeviceStep step = decide(predictions, targets);
          return new IgnoreMask(
              IntStream.range(0, predictions.size())
                  .mapToObj(layer -> ignores() ? step.ignored(layer) : new BitSet())
                  .toList());
        });
  }

  private boolean ignores() {
    return spec.ignore().rule() != Ignore.Rule.NOBODY;
  }

  /** A step without gradients, whose values may be anything. */
  private DeviceStep decide(List<HeadTensor> predictions, Targets targets) {
    work.requireNotCapturing("an assignment");
    pointers.check("prediction", predictions);
    StepRequest asked =
        new StepRequest(
            predictions, targets, new double[0], List.of(), false, 1, NonFinitePolicy.REPORT);
    return run(asked, List.of()).finished();
  }

  @Override
  public DecodedBoxes decode(List<HeadTensor> predictions) {
    int boxes = predictions.stream().mapToInt(p -> p.anchors() * p.height() * p.width()).sum();
    int images = predictions.getFirst().images();
    long rows = (long) images * boxes;
    long bytes = rows * spec.attributes() * ElementType.F64.bytes();
    MemorySegment values = Arena.ofAuto().allocate(bytes, 64);
    context.call(
        () -> {
          work.requireNotCapturing("decoding");
          pointers.check("prediction", predictions);
          StepPlaces there = placesToDecode(predictions);
          StepSlot slot = there.slot(turn);
          slot.awaitDone();
          slot.stage(Targets.none());
          slot.stage(predictionMirror.upload(predictions, stream), List.of());
          try (CloseAll call = new CloseAll()) {
            DeviceMemory out = call.add(new DeviceMemory(context, bytes));
            call.add(() -> driver.streamSynchronize(stream));
            decodeArguments
                .set(0, there.plan().address())
                .set(1, slot.inputAddress())
                .set(2, out.address());
            slot.upload(stream);
            launch(decode, Math.clamp(Math.ceilDiv(rows, Kernel.THREADS), 1, MOST_DECODE_BLOCKS));
            slot.markDone(stream);
            readback.read(out.address(), values, stream);
          }
          return values;
        });
    return new DecodedBoxes(
        images,
        boxes,
        spec.classes(),
        new DenseTensor(values, ElementType.F64, rows, spec.attributes()));
  }

  /**
   * Puts a step on the stream. If that fails half way nobody knows what the match tables hold, so
   * they are thrown away.
   */
  private CudaStep run(StepRequest asked, List<HeadTensor> gradients) {
    preparePlaces(asked.predictions(), asked.targets().size());
    try {
      CudaStep step = put(asked, gradients);
      last = step;
      return step;
    } catch (RuntimeException | Error e) {
      abandonPlaces(e);
      throw e;
    }
  }

  private void abandonPlaces(Throwable cause) {
    try {
      if (cause instanceof DeviceException e) {
        context.failed(e);
      }
      dropPlaces();
    } catch (RuntimeException e) {
      cause.addSuppressed(e);
    }
  }

  private CudaStep put(StepRequest asked, List<HeadTensor> gradients) {
    StepSlot slot = places.slot(turn);
    StepKernels mine = kernels.get(turn);
    boolean keeps = asked.keepsGradients() && !gradients.isEmpty();
    // a graph of the caller's may have written where only another plan knows
    ClearMode clear =
        keeps && keptIsClean && retained.isEmpty() ? ClearMode.WRITTEN : ClearMode.WHOLE;
    slot.awaitDone();
    keptIsClean = keptIsClean && !keeps; // until this step is on its way
    stage(slot, asked, gradients, clear);
    if (debug) {
      enqueue(slot, mine);
    } else {
      slot.launchCaptured(captureStream.handle(), stream, () -> capturable(slot, mine));
    }
    slot.markDone(stream);
    keptIsClean = keptIsClean || keeps;
    turn = (turn + 1) % StepPlaces.SLOTS;
    return stepOf(slot, mine, asked, false);
  }

  /**
   * Puts a step into the graph that the caller is capturing. Launched again it finds its own match
   * table as the last launch left it, so the table is emptied before and after; and nobody knows
   * what is in the gradients then, so they are cleared whole.
   */
  private CudaStep capture(StepRequest asked) {
    StepSlot slot = places.captureSlot().orElseThrow();
    stage(slot, asked, asked.gradients(), ClearMode.WHOLE);
    places.plan().layers().forEach(l -> l.tables().get(slot.parity()).empty(stream));
    enqueue(slot, capturedKernels);
    places.plan().layers().forEach(l -> l.tables().get(slot.parity()).empty(stream));
    places.markCaptured();
    return stepOf(slot, capturedKernels, asked, true);
  }

  private void requireCapturable(StepRequest asked) {
    boolean fits =
        places != null && places.plan().shape().fits(asked.predictions(), asked.targets().size());
    if (!fits || places.isCaptured()) {
      throw new IllegalStateException(
          "the stream is being captured, and "
              + (fits
                  ? "this engine has a step in a graph already; open another engine for another"
                  : TOO_LATE));
    }
    if (!asked.predictions().stream().allMatch(HeadTensor::isOnDevice)
        || !asked.gradients().stream().allMatch(HeadTensor::isOnDevice)) {
      throw new IllegalStateException(
          "the stream is being captured; tensors must be on the device then");
    }
    if (spec.reduction().autobalance() && !asked.gradients().isEmpty()) {
      throw new IllegalStateException(
          "the stream is being captured, and the balance factors of reduction.autobalance would"
              + " stay as they are in every launch of the graph; compute such a loss step by step");
    }
  }

  /** Whether some step is in a graph of the caller's, which may launch it at any time. */
  private boolean isInGraph() {
    return !retained.isEmpty() || places != null && places.isCaptured();
  }

  private void stage(
      StepSlot slot, StepRequest asked, List<HeadTensor> gradients, ClearMode clear) {
    boolean writes = !gradients.isEmpty();
    slot.stage(asked.targets());
    slot.stage(
        writes,
        writes && asked.keepsGradients(),
        writes ? clear : ClearMode.NOTHING,
        asked.nonFinite(),
        asked.gradientScale(),
        asked.balance());
    slot.stage(predictionMirror.upload(asked.predictions(), stream), gradients);
  }

  private void capturable(StepSlot slot, StepKernels mine) {
    enqueue(captureStream.handle(), slot, mine);
  }

  private void enqueue(StepSlot slot, StepKernels mine) {
    enqueue(stream, slot, mine);
  }

  private void enqueue(long where, StepSlot slot, StepKernels mine) {
    DevicePlan plan = places.plan();
    slot.upload(where);
    launch(where, mine.assignTargets(), plan.assignBlocks());
    if (spec.ignore().rule() == Ignore.Rule.IOU_AT_LEAST) {
      launch(where, mine.searchIgnored(), plan.searchBlocks());
    }
    launch(where, mine.yoloLoss(), plan.lossBlocks());
    slot.download(where);
  }

  private void launch(Kernel kernel, int blocks) {
    launch(stream, kernel, blocks);
  }

  /** Launches a kernel; in debug mode waits for it, so that what it did wrong is told of it. */
  private void launch(long where, Kernel kernel, int blocks) {
    kernel.on(where, blocks);
    if (debug && !work.isCapturing()) {
      try {
        driver.streamSynchronize(where);
      } catch (DeviceException e) {
        throw kernel.named(e);
      }
    }
  }

  /** Waits for a step, and zeroes its gradients if it must throw. */
  private final class Settle implements Runnable {
    private final CudaStep.Progress progress;
    private final boolean mayRunAgain;
    private final BooleanSupplier mustClear;
    private final Runnable clear;
    private boolean done;

    Settle(
        CudaStep.Progress progress,
        boolean mayRunAgain,
        BooleanSupplier mustClear,
        Runnable clear) {
      this.progress = progress;
      this.mayRunAgain = mayRunAgain;
      this.mustClear = mustClear;
      this.clear = clear;
    }

    @Override
    public void run() {
      if (done) {
        return;
      }
      if (!progress.await()) {
        throw new IllegalStateException("the graph that holds this step was not launched yet");
      }
      if (mustClear.getAsBoolean()) {
        clear.run();
      }
      done = !mayRunAgain;
    }
  }

  private CudaStep stepOf(StepSlot slot, StepKernels mine, StepRequest asked, boolean mayRunAgain) {
    DevicePlan plan = places.plan();
    DeviceStep values =
        new DeviceStep(
            spec,
            plan,
            slot,
            asked.targets().size(),
            (from, bytes) -> context.call(() -> fetch(from, bytes)));
    boolean throwing = asked.nonFinite() == NonFinitePolicy.THROW;
    boolean clearsIfThrowing = throwing && !asked.gradients().isEmpty();
    CudaStep.Progress progress =
        () -> {
          work.requireNotCapturing("reading a result");
          if (mayRunAgain) {
            driver.ctxSynchronize(); // a graph may be launched on any stream
          } else {
            slot.awaitDone();
          }
          return slot.hasResult();
        };
    Settle settle =
        new Settle(
            progress,
            mayRunAgain,
            () -> clearsIfThrowing && values.firstNonFinite().isPresent(),
            () -> {
              launch(mine.clearGradients(), plan.clearBlocks());
              slot.markDone(stream);
            });
    return new CudaStep(
        values,
        progress,
        () ->
            context.call(
                () -> {
                  settle.run();
                  return values;
                }),
        throwing);
  }

  private MemorySegment fetch(DeviceMemory from, long bytes) {
    work.requireNotCapturing("reading a result");
    MemorySegment copy = Arena.ofAuto().allocate(Math.max(1, bytes), 8);
    readback.read(from.address(), copy.asSlice(0, bytes), stream);
    return copy;
  }

  private void preparePlaces(List<HeadTensor> predictions, int targets) {
    if (places != null && places.plan().shape().fits(predictions, targets)) {
      return;
    }
    dropPlaces();
    targetCapacity = PlanShape.capacityFor(targets, targetCapacity);
    PlanShape shape = PlanShape.of(spec, predictions, targetCapacity);
    places = new StepPlaces(context, spec, shape, classWeights, stream, work.mayBeCaptured());
    for (int n = 0; n < StepPlaces.SLOTS; n++) {
      kernels.get(n).address(places.plan(), places.slot(n));
    }
    places.captureSlot().ifPresent(slot -> capturedKernels.address(places.plan(), slot));
  }

  /** Other shapes than the last step's have places of their own, so that its result stays. */
  private StepPlaces placesToDecode(List<HeadTensor> predictions) {
    if (places != null && places.plan().shape().fits(predictions, 0)) {
      return places;
    }
    if (decodePlaces == null || !decodePlaces.plan().shape().fits(predictions, 0)) {
      close(decodePlaces);
      decodePlaces = null;
      PlanShape shape = PlanShape.of(spec, predictions, 1);
      decodePlaces = new StepPlaces(context, spec, shape, classWeights, stream, false);
    }
    return decodePlaces;
  }

  /** A graph of the caller's may launch a captured step again, so what it uses stays. */
  private void dropPlaces() {
    keptIsClean = false;
    last = null;
    if (places == null) {
      return;
    }
    StepPlaces old = places;
    places = null;
    if (old.isCaptured()) {
      retained.add(old);
    } else {
      close(old);
    }
  }

  /** Closes places, once the device has done with them. */
  private void close(StepPlaces old) {
    if (old != null && !context.isLost()) {
      try (old) {
        driver.streamSynchronize(stream);
      }
    }
  }

  @Override
  public GradientMemory gradientMemory() {
    return new CudaGradientMemory(
        context,
        () -> {
          if (work.isCapturing()) {
            throw new IllegalStateException("the stream is being captured, and " + TOO_LATE);
          }
        },
        () -> {
          keptIsClean = false;
          work.synchronize();
        },
        this::isInGraph,
        retained);
  }

  @Override
  public void copyToHost(HeadTensor from, HeadTensor to) {
    if (!from.isOnDevice()) {
      LossExecutor.super.copyToHost(from, to);
      return;
    }
    context.call(
        () -> {
          work.requireNotCapturing("copying a tensor");
          pointers.require("the tensor to copy", from);
          if (last != null && last.hasRun()) {
            last.finished();
          }
          readback.read(from.pointer().address(), to.memory().asSlice(0, from.spanBytes()), stream);
          return to;
        });
  }

  @Override
  public CopiedBytes copied() {
    return new CopiedBytes(predictionMirror.copiedBytes(), gradientMirror.copiedBytes());
  }

  @Override
  public void close() {
    context.closeWith(
        () -> {
          try (resources;
              CloseAll all = new CloseAll()) {
            all.add(() -> close(places));
            all.add(() -> close(decodePlaces));
          }
        });
  }
}
