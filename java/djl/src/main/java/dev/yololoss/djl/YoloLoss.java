package dev.yololoss.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.training.loss.Loss;
import dev.yololoss.Backend;
import dev.yololoss.EngineOptions;
import dev.yololoss.HeadTensor;
import dev.yololoss.LossEngine;
import dev.yololoss.LossResult;
import dev.yololoss.LossState;
import dev.yololoss.NonFiniteException;
import dev.yololoss.TargetException;
import dev.yololoss.TensorException;
import dev.yololoss.spec.LossSpec;
import java.util.List;
import java.util.Optional;

/**
 * Any loss of this project as a loss of DJL, so that an ordinary DJL training loop trains with it.
 *
 * <p><b>Predictions</b> are the raw heads of the network, one array per head of the description and
 * in its order: engine PyTorch, float32, {@code [images, anchors * (5 + classes), rows, columns]}.
 * They are read where they lie, in whatever order they lie in memory. The backend CUDA copies heads
 * on the CPU to its device, and the gradients back; heads on a GPU need it, on that GPU, and
 * PyTorch's work on the default stream, where DJL leaves it.
 *
 * <p><b>Labels</b> are one array of numbers, in either form:
 *
 * <ul>
 *   <li>{@code [images, rows, 5]} of class, x, y, w, h with the top left corner in fractions of the
 *       image, as DJL's data sets have them. Rows of class -1 and rows of nothing but zeros are
 *       padding; a second array {@code [images]} may give each image's number of rows, as DJL's
 *       {@code PaddingStackBatchifier} can.
 *   <li>{@code [rows, 6]} of image, class, cx, cy, w, h with the centre.
 * </ul>
 *
 * <p><b>Gradients</b> are the engine's, exactly: {@link #evaluate} answers with a scalar that has
 * the engine's value and, for each head, the engine's gradient as its derivative. It may be scaled
 * and added to other losses. The gradients of contiguous heads reach PyTorch without a copy, in
 * memory that the next training step writes anew: go backward from a loss before the next one is
 * evaluated. PyTorch refuses to go back from an earlier one, saying that a variable was modified.
 *
 * <p><b>A step</b> is an evaluation of heads that PyTorch could go back from, while it records: in
 * an open {@code GradientCollector}, and, since PyTorch records everywhere but in the thread that
 * loaded DJL's engine, in any other thread. Only a step advances what a loss carries from step to
 * step ({@link #state}). DJL's listeners ask for the same batch's loss again, for their means: they
 * get the number that is known already. Every other evaluation computes the value alone.
 *
 * <p>One thread at a time, one device. Owns its engine; {@link #close} is idempotent, and after it
 * an evaluation throws {@link IllegalStateException}.
 */
public final class YoloLoss extends Loss implements AutoCloseable {
  private final LossEngine engine;
  private final StepGradients gradients;
  private final Accumulators accumulators = new Accumulators();
  private TorchMemory memory;
  private Optional<GradientArrays> handedOver = Optional.empty();
  private Optional<Evaluated> latestStep = Optional.empty();
  private Optional<LossResult> latest = Optional.empty();

  private YoloLoss(LossEngine engine, TorchMemory memory) {
    super("YoloLoss");
    this.engine = engine;
    this.gradients = new StepGradients(engine);
    this.memory = memory;
  }

  /**
   * A loss that throws on bad labels and on non-finite values.
   *
   * @throws dev.yololoss.spec.SpecException if the loss is no legal variant of its preset
   * @throws dev.yololoss.BackendUnavailableException if the backend is not there, with every reason
   */
  public static YoloLoss of(LossSpec spec, Backend backend) {
    return of(spec, EngineOptions.on(backend));
  }

  /**
   * A loss.
   *
   * @throws dev.yololoss.spec.SpecException if the loss is no legal variant of its preset
   * @throws dev.yololoss.BackendUnavailableException if the backend is not there, with every reason
   */
  public static YoloLoss of(LossSpec spec, EngineOptions options) {
    return new YoloLoss(LossEngine.open(spec, options), null);
  }

  /** With a given way to the tensors' memory. */
  static YoloLoss of(LossSpec spec, Backend backend, TorchMemory memory) {
    return new YoloLoss(LossEngine.open(spec, backend), memory);
  }

  /** What is computed. */
  public LossSpec spec() {
    return engine.spec();
  }

  /** Which backend is in use, and why that one. */
  public String choice() {
    return engine.choice();
  }

  /**
   * The parts, diagnostics and assignment of the batch evaluated last; target rows count the labels
   * that are no padding.
   *
   * @throws IllegalStateException if nothing was evaluated yet; the result's methods throw it after
   *     the next evaluation and after {@link #close}
   */
  public LossResult result() {
    return latest.orElseThrow(() -> new IllegalStateException("nothing was evaluated yet"));
  }

  /** What the loss carries from step to step; belongs into a checkpoint. */
  public LossState state() {
    return engine.state();
  }

  /**
   * Sets what the loss carries from step to step.
   *
   * @throws IllegalArgumentException if the state is not one of this loss
   */
  public void restore(LossState state) {
    engine.restore(state);
  }

  /**
   * The loss of a batch: a step inside an open GradientCollector, else the value alone.
   *
   * @return a scalar, which belongs to the heads' manager
   * @throws TensorException if heads or labels are not what the class description asks for
   * @throws TargetException if a label is bad; it says where it stands
   * @throws NonFiniteException if the heads hold NaN or infinity; nothing has advanced then
   */
  @Override
  public NDArray evaluate(NDList labels, NDList predictions) {
    List<HeadTensor> views = views(predictions);
    LabelRows rows = LabelRows.of(labels, views.getFirst().images());
    boolean step = Graph.reaches(predictions);
    return step
        ? step(labels, predictions, views, rows)
        : predictions.head().getManager().create((float) value(views, rows));
  }

  private NDArray step(NDList labels, NDList predictions, List<HeadTensor> views, LabelRows rows) {
    withdrawGradients();
    LossResult result =
        rows.named(() -> engine.compute(views, rows.targets(), gradients.of(views)));
    double total = result.total();
    GradientArrays arrays = new GradientArrays(memory, predictions, gradients.tensors());
    handedOver = Optional.of(arrays);
    latest = Optional.of(result);
    latestStep = Optional.of(new Evaluated(labels, predictions, total));
    return memory.isOnDevice(predictions.head())
        ? shifted(predictions, arrays, total)
        : overwritten(arrays.sumOfProducts(predictions), total);
  }

  /**
   * The sum has the right derivatives, and only its value is another one; the sum itself may
   * overflow where the loss does not.
   */
  private static NDArray overwritten(NDArray sum, double total) {
    sum.toByteBuffer(true).putFloat(0, (float) total);
    return sum;
  }

  /** The same where Java cannot write: zeros that have the heads' derivatives, and the value. */
  private static NDArray shifted(NDList heads, GradientArrays arrays, double total) {
    NDList zeros = new NDList();
    for (NDArray head : heads) {
      try (NDArray constant = head.stopGradient()) {
        zeros.add(head.sub(constant));
      }
    }
    try (zeros;
        NDArray zero = arrays.sumOfProducts(zeros);
        NDArray value = heads.head().getManager().create((float) total)) {
      return zero.add(value);
    }
  }

  private double value(List<HeadTensor> views, LabelRows rows) {
    LossResult result = rows.named(() -> engine.value(views, rows.targets()));
    latest = Optional.of(result);
    return result.total();
  }

  @Override
  public void addAccumulator(String key) {
    accumulators.reset(key);
  }

  @Override
  public void resetAccumulator(String key) {
    accumulators.reset(key);
  }

  /**
   * Adds a batch's loss to means: the latest step's if it was of these very arrays, without
   * computing it again.
   */
  @Override
  public void updateAccumulators(String[] keys, NDList labels, NDList predictions) {
    double total = known(labels, predictions);
    for (String key : keys) {
      accumulators.add(key, total);
    }
  }

  /** A mean over batches; NaN if there was none. */
  @Override
  public float getAccumulator(String key) {
    return accumulators.mean(key);
  }

  private double known(NDList labels, NDList predictions) {
    Optional<Evaluated> same = latestStep.filter(step -> step.isOf(labels, predictions));
    if (same.isPresent()) {
      return same.get().total();
    }
    List<HeadTensor> views = views(predictions);
    return value(views, LabelRows.of(labels, views.getFirst().images()));
  }

  private List<HeadTensor> views(NDList heads) {
    HeadViews.check(engine.spec(), heads);
    if (memory == null) {
      memory = TorchMemory.ofLoadedTorch(); // it is, or there were no heads
    }
    return HeadViews.of(engine.spec(), heads, memory);
  }

  private void withdrawGradients() {
    Optional<GradientArrays> before = handedOver;
    handedOver = Optional.empty();
    before.ifPresent(
        arrays -> {
          try (arrays) {
            arrays.announceChange();
          }
        });
  }

  @Override
  public void close() {
    withdrawGradients();
    latestStep = Optional.empty();
    engine.close();
    gradients.close();
  }
}
