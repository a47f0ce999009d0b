package dev.yololoss.djl;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDList;
import dev.yololoss.Backend;
import dev.yololoss.DecodedBoxes;
import dev.yololoss.EngineOptions;
import dev.yololoss.HeadTensor;
import dev.yololoss.LossEngine;
import dev.yololoss.LossResult;
import dev.yololoss.LossState;
import dev.yololoss.NonFiniteException;
import dev.yololoss.TargetException;
import dev.yololoss.Targets;
import dev.yololoss.TensorException;
import dev.yololoss.spec.LossSpec;
import java.util.List;

/**
 * The loss of a DJL training step: reads the heads where PyTorch keeps them and starts PyTorch's
 * backward pass with the engine's gradients.
 *
 * <p>Heads are arrays of DJL's engine PyTorch, float32, {@code [images, anchors * (5 + classes),
 * rows, columns]}, one per head of the description and in its order, all on the CPU or all on one
 * GPU. They are read without a copy, in whatever order they lie in memory, and gradients of
 * contiguous heads are handed over without one; with several heads PyTorch makes one copy of the
 * gradients on their way back. The backend CUDA copies heads on the CPU to its device and gradients
 * back. Heads on a GPU need that backend, on that GPU, and PyTorch's work on the default stream,
 * where DJL leaves it: the engine's own stream and that one wait for each other. A stream that the
 * options name has to be one that does so too.
 *
 * <p>For loops of one's own. {@link YoloLoss} is the same for loops of DJL.
 *
 * <p>One thread at a time. Owns its engine; {@link #close} is idempotent.
 *
 * <pre>{@code
 * try (LossStep loss = LossStep.open(spec, EngineOptions.on(Backend.AUTO));
 *     GradientCollector collector = Engine.getInstance().newGradientCollector()) {
 *   NDList heads = network.forward(parameters, images, true);
 *   LossResult result = loss.backward(heads, targets);
 * }
 * }</pre>
 */
public final class LossStep implements AutoCloseable {
  private final LossEngine engine;
  private final StepGradients gradients;
  private TorchMemory memory;
  private NDList waiting;

  private LossStep(LossEngine engine, TorchMemory memory) {
    this.engine = engine;
    this.memory = memory;
    this.gradients = new StepGradients(engine);
  }

  /**
   * Opens an engine of its own.
   *
   * @throws dev.yololoss.BackendUnavailableException if the backend is not there
   */
  public static LossStep open(LossSpec spec, EngineOptions options) {
    return new LossStep(LossEngine.open(spec, options), null);
  }

  /** With a given way to the tensors' memory. */
  static LossStep open(LossSpec spec, Backend backend, TorchMemory memory) {
    return new LossStep(LossEngine.open(spec, backend), memory);
  }

  /** What is computed. */
  public LossSpec spec() {
    return engine.spec();
  }

  /** The backend in use; never AUTO. */
  public Backend backend() {
    return engine.backend();
  }

  /** Which backend is in use, and why that one. */
  public String choice() {
    return engine.choice();
  }

  /**
   * {@link #compute} with scale 1, then {@link #propagate}.
   *
   * @return valid until the next step
   */
  public LossResult backward(NDList heads, Targets targets) {
    return backward(heads, targets, 1);
  }

  /**
   * {@link #compute}, then {@link #propagate}.
   *
   * @return valid until the next step
   */
  public LossResult backward(NDList heads, Targets targets, double gradientScale) {
    LossResult result = compute(heads, targets, gradientScale);
    propagate(heads);
    return result;
  }

  /**
   * Computes the loss and {@code gradientScale * d(total)/d(heads)}; PyTorch does nothing yet.
   *
   * @throws TensorException if a head is not what the class description asks for, or is on a GPU
   *     where the backend does not compute
   * @throws TargetException if a target is bad
   * @throws NonFiniteException if the heads hold NaN or infinity
   */
  public LossResult compute(NDList heads, Targets targets, double gradientScale) {
    waiting = null;
    List<HeadTensor> views = views(heads);
    LossResult result = engine.compute(views, targets, gradients.of(views), gradientScale);
    if (views.getFirst().isOnDevice()) {
      result.total(); // waits, and throws before PyTorch can see a gradient
    }
    waiting = heads;
    return result;
  }

  /**
   * Hands the computed gradients to PyTorch, which adds them up in the parameters and frees the
   * heads' graph.
   *
   * @throws IllegalStateException if these heads' gradients were not computed last, or were handed
   *     over already, or have no graph
   */
  public void propagate(NDList heads) {
    if (waiting == null || waiting != heads) {
      throw new IllegalStateException(
          "no gradients wait for these heads: compute them first, and hand them over once");
    }
    waiting = null;
    try {
      InjectGradients.into(heads, gradients.tensors(), memory);
    } catch (EngineException e) {
      throw new IllegalStateException(
          "PyTorch cannot go back from these heads; run the network for training inside an open"
              + " GradientCollector",
          e);
    }
  }

  /**
   * Computes the loss alone.
   *
   * @throws TensorException if a head is not what the class description asks for
   */
  public LossResult value(NDList heads, Targets targets) {
    return engine.value(views(heads), targets);
  }

  /**
   * Boxes and probabilities for inference.
   *
   * @throws TensorException if a head is not what the class description asks for
   */
  public DecodedBoxes decode(NDList heads) {
    return engine.decode(views(heads));
  }

  private List<HeadTensor> views(NDList heads) {
    HeadViews.check(engine.spec(), heads);
    if (memory == null) {
      memory = TorchMemory.ofLoadedTorch(); // it is, or there were no heads
    }
    return HeadViews.of(engine.spec(), heads, memory);
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

  @Override
  public void close() {
    waiting = null;
    engine.close();
    gradients.close();
  }
}
