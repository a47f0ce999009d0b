package dev.yololoss;

import dev.yololoss.backend.GradientMemory;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Where gradients go: the caller's memory, or memory that the engine owns and keeps between steps.
 *
 * <p>After a step every element holds the gradient or 0; nothing of an earlier step remains.
 */
public final class Gradients {
  private final Optional<GradientMemory> memory;
  private List<HeadTensor> tensors;

  /**
   * @param memory the engine's; empty if the memory is the caller's
   */
  private Gradients(Optional<GradientMemory> memory, List<HeadTensor> tensors) {
    this.memory = memory;
    this.tensors = tensors;
  }

  /**
   * Gradients into the caller's memory, one tensor per head in the shape of the predictions.
   *
   * <p>The memory is not that of the predictions: a loss still reads them while it writes. Tensors
   * may interleave in one buffer, but no element belongs to two.
   */
  public static Gradients into(List<HeadTensor> tensors) {
    for (int layer = 0; layer < tensors.size(); layer++) {
      if (tensors.get(layer).place() instanceof HostSegment host && host.segment().isReadOnly()) {
        throw new TensorException("gradient " + layer + " is read-only memory");
      }
    }
    return new Gradients(Optional.empty(), List.copyOf(tensors));
  }

  static Gradients ownedByEngine(GradientMemory memory) {
    return new Gradients(Optional.of(memory), List.of());
  }

  /**
   * The gradients of the last step, one per head. Those that the engine owns lie where it computes,
   * on the backend CUDA on the device, and are read-only: the engine relies on what it has left
   * there.
   *
   * @throws IllegalStateException if the engine owns them and has not computed any, or is closed
   */
  public List<HeadTensor> tensors() {
    if (memory.isEmpty()) {
      return tensors;
    }
    if (tensors.isEmpty()) {
      throw new IllegalStateException(
          "the engine has no gradients: nothing was computed yet, or it is closed");
    }
    return tensors.stream().map(t -> t.isOnDevice() ? t : t.over(t.memory().asReadOnly())).toList();
  }

  /**
   * The tensors to write for these predictions; memory of the engine is allocated anew when shapes
   * change.
   */
  List<HeadTensor> writableFor(List<HeadTensor> predictions) {
    if (memory.isPresent() && !sameShapes(predictions)) {
      free();
      tensors = allocate(memory.get(), predictions);
    }
    return tensors;
  }

  private static List<HeadTensor> allocate(GradientMemory memory, List<HeadTensor> predictions) {
    List<HeadTensor> fresh = new ArrayList<>();
    try {
      for (HeadTensor p : predictions) {
        fresh.add(p.contiguousOver(memory.allocate(p.size() * p.type().bytes())));
      }
    } catch (RuntimeException | Error e) {
      memory.free();
      throw e;
    }
    return List.copyOf(fresh);
  }

  private boolean sameShapes(List<HeadTensor> predictions) {
    if (tensors.size() != predictions.size()) {
      return false;
    }
    for (int layer = 0; layer < tensors.size(); layer++) {
      HeadTensor mine = tensors.get(layer);
      HeadTensor theirs = predictions.get(layer);
      boolean sameOrder = mine.hasAttributesLast() == theirs.hasAttributesLast();
      if (!sameOrder || mine.type() != theirs.type() || !mine.hasShapeOf(theirs)) {
        return false;
      }
    }
    return true;
  }

  /** Whether this is memory of an engine. */
  boolean ownedByAnEngine() {
    return memory.isPresent();
  }

  /** Frees memory of the engine; the caller's memory is the caller's. */
  void free() {
    if (memory.isPresent()) {
      memory.get().free();
      tensors = List.of();
    }
  }
}
