package dev.yololoss;

import dev.yololoss.backend.LossExecutor;
import dev.yololoss.backend.StepRequest;
import dev.yololoss.backend.StepValues;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Preset;
import java.lang.foreign.Arena;
import java.lang.foreign.SegmentAllocator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/**
 * Computes one loss and its gradients.
 *
 * <p>One thread at a time; a second one gets an {@link IllegalStateException}. Engines are
 * independent of each other. After {@link #close} every method but {@code close} throws {@link
 * IllegalStateException}; what describes the engine ({@link #spec}, {@link #backend}, {@link
 * #choice}) stays.
 *
 * <pre>{@code
 * try (LossEngine engine = LossEngine.open(spec, Backend.AUTO)) {
 *   LossResult result = engine.compute(predictions, targets, engine.gradients());
 * }
 * }</pre>
 */
public final class LossEngine implements AutoCloseable {
  private final LossSpec spec;
  private final EngineOptions options;
  private final Backends.Chosen chosen;
  private final LossExecutor executor;
  private final Gradients owned;
  private final AtomicReference<Thread> user = new AtomicReference<>();
  private final double[] balance;

  /** Values that the state has not followed yet; null if there are none. */
  private StepValues ahead;

  private long generation;
  private boolean closed;

  private LossEngine(LossSpec spec, EngineOptions options, Backends.Chosen chosen) {
    this.spec = spec;
    this.options = options;
    this.chosen = chosen;
    this.executor = chosen.executor().apply(spec, options);
    this.owned = Gradients.ownedByEngine(executor.gradientMemory());
    this.balance = initialBalance(spec);
  }

  /**
   * Opens an engine that throws on bad targets and on non-finite values.
   *
   * @throws BackendUnavailableException if the backend is not there, with every reason
   */
  public static LossEngine open(LossSpec spec, Backend backend) {
    return open(spec, EngineOptions.on(backend));
  }

  /**
   * Opens an engine.
   *
   * @throws dev.yololoss.spec.SpecException if the loss is no legal variant of its preset
   * @throws BackendUnavailableException if the backend is not there, with every reason
   */
  public static LossEngine open(LossSpec spec, EngineOptions options) {
    spec.requireLegal();
    if (options.nonFinite() == NonFinitePolicy.ZERO && spec.preset() != Preset.DARKNET) {
      throw new IllegalArgumentException(
          "the policy ZERO is darknet's; with preset \""
              + spec.preset().id()
              + "\" allowed are THROW and REPORT");
    }
    return new LossEngine(spec, options, Backends.choose(options));
  }

  public LossSpec spec() {
    return spec;
  }

  /** The backend in use; never AUTO. */
  public Backend backend() {
    return chosen.backend();
  }

  /** Which backend is in use, and why that one. */
  public String choice() {
    return chosen.reason();
  }

  /**
   * Gradients in memory that this engine owns and keeps between steps, read-only for the caller; on
   * the backend CUDA memory of the device.
   */
  public Gradients gradients() {
    return exclusively(() -> owned);
  }

  /**
   * Computes the loss and d(total)/d(raw output), into {@link #gradients()}.
   *
   * @see #compute(List, Targets, Gradients, double)
   */
  public LossResult compute(List<HeadTensor> predictions, Targets targets) {
    return compute(predictions, targets, owned, 1);
  }

  /**
   * Computes the loss and d(total)/d(raw output).
   *
   * @see #compute(List, Targets, Gradients, double)
   */
  public LossResult compute(List<HeadTensor> predictions, Targets targets, Gradients gradients) {
    return compute(predictions, targets, gradients, 1);
  }

  /**
   * Computes the loss and {@code gradientScale * d(total)/d(raw output)} (darknet: minus its
   * deltas), and advances the state unless something was not finite.
   *
   * <p>On the backend CUDA with tensors on the device this does not wait for the device: the result
   * does when it is read, and throws what went wrong; gradients are zeroed then, and the state
   * stays as it was. With gradients in memory of this machine it waits.
   *
   * @param predictions raw outputs, one tensor per head
   * @param targets rows of the batch; an empty list and images without targets are fine
   * @param gradients where the gradients go; every element is written
   * @param gradientScale finite; applied before rounding, for loss scalers and upstream gradients
   * @throws TensorException if shapes do not fit
   * @throws TargetException under {@link TargetPolicy}; the gradients are then untouched
   * @throws NonFiniteException under {@link NonFinitePolicy}; the gradients are then zero and the
   *     state is as before
   * @throws DeviceException of the backend CUDA
   */
  public LossResult compute(
      List<HeadTensor> predictions, Targets targets, Gradients gradients, double gradientScale) {
    if (!Double.isFinite(gradientScale)) {
      throw new IllegalArgumentException("gradientScale is " + gradientScale + "; must be finite");
    }
    enter(); // no lambda: this is the hot path
    try {
      checkPredictions(predictions);
      // before the engine's memory changes, so that a bad target leaves it as it is
      CheckTargets.Checked checked = checked(predictions, targets);
      if (gradients.ownedByAnEngine() && gradients != owned) {
        throw new IllegalArgumentException(
            "these gradients belong to another engine; allowed are this engine's and"
                + " Gradients.into(...)");
      }
      List<HeadTensor> writable = gradients.writableFor(predictions);
      if (!gradients.ownedByAnEngine()) {
        CheckTensors.reachable("gradient", writable, backend());
        CheckTensors.gradients(predictions, writable);
      }
      return step(predictions, checked, writable, gradients.ownedByAnEngine(), gradientScale);
    } finally {
      leave();
    }
  }

  /**
   * Computes the loss alone; the state stays as it is.
   *
   * @throws TensorException if shapes do not fit
   * @throws TargetException under {@link TargetPolicy}
   * @throws NonFiniteException under {@link NonFinitePolicy}
   */
  public LossResult value(List<HeadTensor> predictions, Targets targets) {
    return exclusively(
        () -> {
          checkPredictions(predictions);
          return step(predictions, checked(predictions, targets), List.of(), false, 1);
        });
  }

  /** The assignment alone, as in {@link LossResult#matches()} but without losses. */
  public List<Match> assign(List<HeadTensor> predictions, Targets targets) {
    return exclusively(
        () -> {
          checkPredictions(predictions);
          CheckTargets.Checked checked = checked(predictions, targets);
          generation++;
          return checked.numberedByCaller(executor.assign(predictions, checked.targets()));
        });
  }

  /** The ignore rule alone: the slots that pay nothing for objectness. */
  public IgnoreMask searchIgnored(List<HeadTensor> predictions, Targets targets) {
    return exclusively(
        () -> {
          checkPredictions(predictions);
          CheckTargets.Checked checked = checked(predictions, targets);
          generation++;
          return executor.searchIgnored(predictions, checked.targets());
        });
  }

  /**
   * Boxes and probabilities for inference; classes by sigmoid, or by softmax if the loss trains
   * them so.
   */
  public DecodedBoxes decode(List<HeadTensor> predictions) {
    return exclusively(
        () -> {
          checkPredictions(predictions);
          return executor.decode(predictions);
        });
  }

  /** The first NaN or infinity of all values, whether the loss reads them or not. */
  public Optional<NonFinite> scan(List<HeadTensor> predictions) {
    return exclusively(
        () -> {
          checkPredictions(predictions);
          try (Arena copies = Arena.ofShared()) {
            return Scan.of(onHost(predictions, copies));
          }
        });
  }

  /**
   * Copies tensors to memory of this machine, wherever they lie, once all earlier work of this
   * engine is done. Gradients of a step whose result throws are zeros.
   *
   * @param allocator of the copies; they have the tensors' shapes, types and strides
   */
  public List<HeadTensor> copyToHost(List<HeadTensor> tensors, SegmentAllocator allocator) {
    return exclusively(
        () -> {
          CheckTensors.reachable("tensor", tensors, backend());
          List<HeadTensor> copies =
              tensors.stream().map(t -> t.over(allocator.allocate(t.spanBytes(), 64))).toList();
          for (int n = 0; n < tensors.size(); n++) {
            executor.copyToHost(tensors.get(n), copies.get(n));
          }
          return copies;
        });
  }

  /** How much this engine has copied because tensors were not where it computes. */
  public CopiedBytes copied() {
    return exclusively(executor::copied);
  }

  /** What the loss carries from step to step. */
  public LossState state() {
    return exclusively(() -> new LossState(Arrays.stream(balance).boxed().toList()));
  }

  /**
   * Sets what the loss carries from step to step.
   *
   * @throws IllegalArgumentException if the state is not one of this loss
   */
  public void restore(LossState state) {
    exclusively(
        () -> {
          if (state.balance().size() != balance.length) {
            throw new IllegalArgumentException(
                "the state has "
                    + state.balance().size()
                    + " balance factors; this loss has "
                    + balance.length);
          }
          for (double factor : state.balance()) {
            if (!(factor > 0 && factor < Double.POSITIVE_INFINITY)) {
              throw new IllegalArgumentException(
                  "a balance factor is " + factor + "; must be finite and greater than 0");
            }
          }
          Arrays.setAll(balance, state.balance()::get);
          return balance;
        });
  }

  /** Frees everything. Idempotent. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    claim();
    try {
      closed = true;
      ahead = null;
      generation++;
      try {
        owned.free();
      } finally {
        executor.close();
      }
    } finally {
      leave();
    }
  }

  private LossResult step(
      List<HeadTensor> predictions,
      CheckTargets.Checked checked,
      List<HeadTensor> gradients,
      boolean keepsGradients,
      double scale) {
    generation++;
    StepValues values =
        executor.step(
            new StepRequest(
                predictions,
                checked.targets(),
                balance,
                gradients,
                keepsGradients,
                scale,
                options.nonFinite()));
    if (!gradients.isEmpty() && spec.reduction().autobalance()) {
      ahead = values;
    }
    return new LossResult(values, checked, this, generation);
  }

  private void checkPredictions(List<HeadTensor> predictions) {
    CheckTensors.predictions(spec, predictions);
    CheckTensors.reachable("prediction", predictions, backend());
  }

  private List<HeadTensor> onHost(List<HeadTensor> tensors, Arena copies) {
    List<HeadTensor> there = new ArrayList<>();
    for (HeadTensor t : tensors) {
      HeadTensor copy = t.isOnDevice() ? t.over(copies.allocate(t.spanBytes(), 64)) : t;
      if (t.isOnDevice()) {
        executor.copyToHost(t, copy);
      }
      there.add(copy);
    }
    return there;
  }

  /** Lets the state follow the last step; waits for its values, if they are still computed. */
  private void follow() {
    if (ahead != null && ahead.firstNonFinite().isEmpty()) {
      ahead.nextBalance(balance);
    }
    ahead = null;
  }

  private CheckTargets.Checked checked(List<HeadTensor> predictions, Targets targets) {
    return CheckTargets.of(
        targets, options.targetPolicy(), predictions.getFirst().images(), spec.classes());
  }

  private <T> T exclusively(Supplier<T> work) {
    enter();
    try {
      return work.get();
    } finally {
      leave();
    }
  }

  private void enter() {
    claim();
    try {
      follow();
    } catch (RuntimeException | Error e) {
      leave();
      throw e;
    }
  }

  /** Lets a thread read a result of a generation, until it leaves. */
  void enterFor(long valid) {
    occupy();
    if (generation != valid) {
      leave();
      throw new IllegalStateException(
          "this result is no longer valid: the engine has computed another one or is closed");
    }
  }

  private void claim() {
    occupy();
    if (closed) {
      leave();
      throw new IllegalStateException("this engine is closed");
    }
  }

  private void occupy() {
    Thread me = Thread.currentThread();
    Thread other = user.compareAndExchange(null, me);
    if (other != null) {
      throw new IllegalStateException(
          "this engine is in use by thread \""
              + other.getName()
              + "\"; thread \""
              + me.getName()
              + "\" must wait or open its own");
    }
  }

  void leave() {
    user.set(null);
  }

  private static double[] initialBalance(LossSpec spec) {
    return spec.reduction().balance().stream().mapToDouble(d -> d).toArray();
  }
}
