package dev.yololoss;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;

/**
 * Where gradients go: the caller's memory, or memory that the engine owns and keeps between steps.
 *
 * <p>After a step every element holds the gradient or 0; nothing of an earlier step remains.
 */
public final class Gradients {
  private final boolean owned;
  private List<HeadTensor> tensors;
  private Arena arena;

  private Gradients(boolean owned, List<HeadTensor> tensors) {
    this.owned = owned;
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
      if (tensors.get(layer).memory().isReadOnly()) {
        throw new TensorException("gradient " + layer + " is read-only memory");
      }
    }
    return new Gradients(false, List.copyOf(tensors));
  }

  static Gradients ownedByEngine() {
    return new Gradients(true, List.of());
  }

  /**
   * The gradients of the last step, one per head; read-only if the engine owns them.
   *
   * @throws IllegalStateException if the engine owns them and has not computed any, or is closed
   */
  public List<HeadTensor> tensors() {
    if (!owned) {
      return tensors;
    }
    if (arena == null) {
      throw new IllegalStateException(
          "the engine has no gradients: nothing was computed yet, or it is closed");
    }
    return tensors.stream().map(t -> t.over(t.memory().asReadOnly())).toList();
  }

  /**
   * The tensors to write for these predictions; memory of the engine is allocated anew when shapes
   * change.
   */
  List<HeadTensor> writableFor(List<HeadTensor> predictions) {
    if (owned && !sameShapes(predictions)) {
      free();
      arena = Arena.ofShared();
      List<HeadTensor> fresh = new ArrayList<>();
      for (HeadTensor p : predictions) {
        long bytes = p.size() * p.type().bytes();
        boolean attributeLast = p.strides().attribute() == 1;
        var memory = arena.allocate(bytes, 64);
        fresh.add(
            attributeLast
                ? HeadTensor.attributeLast(
                    memory,
                    p.type(),
                    p.images(),
                    p.anchors(),
                    p.attributes(),
                    p.height(),
                    p.width())
                : HeadTensor.nchw(
                    memory,
                    p.type(),
                    p.images(),
                    p.anchors(),
                    p.attributes(),
                    p.height(),
                    p.width()));
      }
      tensors = List.copyOf(fresh);
    }
    return tensors;
  }

  private boolean sameShapes(List<HeadTensor> predictions) {
    if (arena == null || tensors.size() != predictions.size()) {
      return false;
    }
    for (int layer = 0; layer < tensors.size(); layer++) {
      HeadTensor mine = tensors.get(layer);
      HeadTensor theirs = predictions.get(layer);
      boolean sameOrder = (mine.strides().attribute() == 1) == (theirs.strides().attribute() == 1);
      if (!sameOrder || mine.type() != theirs.type() || !mine.hasShapeOf(theirs)) {
        return false;
      }
    }
    return true;
  }

  /** Whether this is memory of an engine. */
  boolean ownedByAnEngine() {
    return owned;
  }

  /** Frees memory of the engine; the caller's memory is the caller's. */
  void free() {
    if (arena != null) {
      arena.close();
      arena = null;
      tensors = List.of();
    }
  }
}
