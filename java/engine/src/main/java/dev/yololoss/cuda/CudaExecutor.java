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
import java.util.stream.IntStream;

/**
 * One loss on a CUDA device.
 *
 * <p>A step is one copy to the device, two kernels (three for the rule IOU_AT_LEAST) and one copy
 * back, captured once into a graph and launched again while shapes stay the same. Nothing in it
 * waits for the device but for the step before the last, whose place it takes.
 */
public final class CudaExecutor implements LossExecutor {
  private static final int SLOTS = 2;
  private static final int MOST_DECODE_BLOCKS = 4096;

  /** The legacy default stream, which cannot be captured. */
  private static final long LEGACY = 1;

  private static final String TOO_LATE =
      "nothing can be allocated then; compute once with these shapes and as many targets before"
          + " capturing";

  private final LossSpec spec;
  private final boolean debug;
  private final boolean mayBeCaptured;
  private final CudaContext context;
  private final CloseAll resources = new CloseAll();
  private final Driver driver;
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
  private int parity;
  private boolean keptIsClean;
  private CudaStep last;

  public CudaExecutor(LossSpec spec, EngineOptions options) {
    this.spec = spec;
    this.debug = options.cuda().debug();
    CudaPlatform platform = CudaPlatform.get(options.cuda());
    this.context = platform.context();
    this.driver = context.driver();
    boolean opened = false;
    try {
      context.enter();
      try {
        Arena arena = resources.add(Arena.ofShared());
        stream =
            options.cuda().stream()
                .map(driver::adopt)
                .orElseGet(() -> own(StreamKind.WITH_DEFAULT_STREAM).handle());
        mayBeCaptured =
            options.cuda().stream().isPresent() && Long.compareUnsigned(stream, LEGACY) > 0;
        captureStream = own(StreamKind.APART);
        KernelModule module = resources.add(platform.module());
        kernels =
            IntStream.range(0, SLOTS)
                .mapToObj(_ -> new StepKernels(module, ignores(), arena))
                .toList();
        capturedKernels = new StepKernels(module, ignores(), arena);
        decodeArguments = new KernelArguments(arena, Collections.nCopies(3, JAVA_LONG));
        decode = module.kernel("decode", decodeArguments);
        readback = resources.add(new Readback(context));
        predictionMirror = resources.add(new TensorMirror(context));
        gradientMirror = resources.add(new TensorMirror(context));
        retained = resources.add(new CloseAll());
        classWeights = classWeights();
        pointers = new CheckPointers(driver, context.ordinal());
      } finally {
        context.leave();
      }
      opened = true;
    } catch (DeviceException e) {
      throw context.failed(e);
    } finally {
      if (!opened) {
        context.closeWith(resources);
      }
    }
  }

  private Stream own(StreamKind kind) {
    return resources.add(new Stream(driver, kind));
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
          pointers.check("prediction", predictions);
          requireNotCapturing("decode");
          StepPlaces there = placesToDecode(predictions);
          StepSlot slot = there.slot(parity);
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
    boolean capturing = isCapturing();
    if (capturing) {
      requireCapturable(asked, gradients);
    } else {
      preparePlaces(asked.predictions(), asked.targets().size());
    }
    try {
      last = capturing ? capture(asked, gradients) : put(asked, gradients);
      return last;
    } catch (RuntimeException | Error e) {
      if (!capturing) {
        abandonPlaces(e);
      }
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
    StepSlot slot = places.slot(parity);
    StepKernels mine = kernels.get(parity);
    slot.awaitDone();
    stage(slot, asked, gradients);
    if (debug) {
      enqueue(slot, mine);
    } else {
      slot.launchCaptured(captureStream.handle(), stream, () -> capturable(slot, mine));
    }
    slot.markDone(stream);
    finishStaging(asked);
    parity = 1 - parity;
    return stepOf(slot, mine, asked, !gradients.isEmpty(), new AwaitOnce(slot::awaitDone));
  }

  /**
   * Puts a step into the graph that the caller is capturing. Launched again it finds its own match
   * table as the last launch left it, so the table is emptied before and after.
   */
  private CudaStep capture(StepRequest asked, List<HeadTensor> gradients) {
    StepSlot slot = places.takeForCapture();
    stage(slot, asked, gradients);
    places.plan().layers().forEach(l -> l.tables().get(slot.parity()).empty(stream));
    enqueue(slot, capturedKernels);
    places.plan().layers().forEach(l -> l.tables().get(slot.parity()).empty(stream));
    finishStaging(asked);
    return stepOf(
        slot,
        capturedKernels,
        asked,
        !gradients.isEmpty(),
        () -> {
          requireNotCapturing("reading a result");
          driver.ctxSynchronize();
          return true;
        });
  }

  private void requireCapturable(StepRequest asked, List<HeadTensor> gradients) {
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
        || !asked.gradients().equals(gradients)) {
      throw new IllegalStateException(
          "the stream is being captured; tensors must be on the device then");
    }
  }

  private boolean isCapturing() {
    return mayBeCaptured && driver.streamIsCapturing(stream);
  }

  private void requireNotCapturing(String what) {
    if (isCapturing()) {
      throw new IllegalStateException(
          what + " waits for the device, which cannot be while its stream is captured");
    }
  }

  private void stage(StepSlot slot, StepRequest asked, List<HeadTensor> gradients) {
    boolean writes = !gradients.isEmpty();
    boolean keeps = writes && asked.keepsGradients();
    ClearMode clear =
        !writes ? ClearMode.NOTHING : keeps && keptIsClean ? ClearMode.WRITTEN : ClearMode.WHOLE;
    keptIsClean = keptIsClean && !keeps; // until this step is on its way
    slot.stage(asked.targets());
    slot.stage(writes, keeps, clear, asked.nonFinite(), asked.gradientScale(), asked.balance());
    slot.stage(predictionMirror.upload(asked.predictions(), stream), gradients);
  }

  private void finishStaging(StepRequest asked) {
    keptIsClean = keptIsClean || asked.keepsGradients() && !asked.gradients().isEmpty();
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
    if (debug && !(mayBeCaptured && driver.streamIsCapturing(where))) {
      try {
        driver.streamSynchronize(where);
      } catch (DeviceException e) {
        throw kernel.named(e);
      }
    }
  }

  /** Waits for a step once, or each time for one that may run again. */
  private interface Await {
    /** Whether it has waited now. */
    boolean run();
  }

  private static final class AwaitOnce implements Await {
    private final Runnable await;
    private boolean done;

    AwaitOnce(Runnable await) {
      this.await = await;
    }

    @Override
    public boolean run() {
      if (done) {
        return false;
      }
      await.run();
      done = true;
      return true;
    }
  }

  private CudaStep stepOf(
      StepSlot slot, StepKernels mine, StepRequest asked, boolean writes, Await await) {
    DevicePlan plan = places.plan();
    DeviceStep values =
        new DeviceStep(
            spec,
            plan,
            slot,
            asked.targets().size(),
            (from, bytes) -> context.call(() -> fetch(from, bytes)));
    boolean throwing = asked.nonFinite() == NonFinitePolicy.THROW;
    Runnable settle =
        () -> {
          if (await.run() && throwing && writes && values.firstNonFinite().isPresent()) {
            launch(mine.clearGradients(), plan.clearBlocks());
            slot.markDone(stream);
          }
        };
    return new CudaStep(
        values,
        () ->
            context.call(
                () -> {
                  settle.run();
                  return values;
                }),
        throwing);
  }

  private MemorySegment fetch(DeviceMemory from, long bytes) {
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
    places = new StepPlaces(context, spec, shape, classWeights, stream, mayBeCaptured);
    for (int n = 0; n < SLOTS; n++) {
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
          if (isCapturing()) {
            throw new IllegalStateException("the stream is being captured, and " + TOO_LATE);
          }
        },
        () -> {
          keptIsClean = false;
          driver.streamSynchronize(stream);
        });
  }

  @Override
  public void copyToHost(HeadTensor from, HeadTensor to) {
    if (!from.isOnDevice()) {
      LossExecutor.super.copyToHost(from, to);
      return;
    }
    context.call(
        () -> {
          requireNotCapturing("copying a tensor");
          if (last != null) {
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
