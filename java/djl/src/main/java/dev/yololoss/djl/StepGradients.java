package dev.yololoss.djl;

import dev.yololoss.Backend;
import dev.yololoss.Gradients;
import dev.yololoss.HeadTensor;
import dev.yololoss.HostSegment;
import dev.yololoss.LossEngine;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;

/**
 * Gradients where their heads are, on the CPU or on a device, so that PyTorch's arrays can be laid
 * over them: the engine's own, or, where the backend CUDA computes for heads on the CPU, memory
 * that belongs to this.
 */
final class StepGradients implements AutoCloseable {
  private static final long ALIGNMENT = 64;

  private final LossEngine engine;
  private Arena arena = Arena.ofShared();
  private List<HeadTensor> own = List.of();

  /**
   * @param engine stays its owner's
   */
  StepGradients(LossEngine engine) {
    this.engine = engine;
  }

  /** Where the gradients of these heads go; what was there for heads of other shapes is freed. */
  Gradients of(List<HeadTensor> heads) {
    if (engine.backend() != Backend.CUDA || heads.getFirst().isOnDevice()) {
      free();
      return engine.gradients();
    }
    if (!fits(heads)) {
      free();
      List<HeadTensor> fresh = new ArrayList<>();
      for (HeadTensor head : heads) {
        long bytes = head.size() * head.type().bytes();
        fresh.add(head.contiguousOver(new HostSegment(arena.allocate(bytes, ALIGNMENT))));
      }
      own = List.copyOf(fresh);
    }
    return Gradients.into(own);
  }

  /**
   * The gradients of the last step.
   *
   * @throws IllegalStateException if there are none
   */
  List<HeadTensor> tensors() {
    return own.isEmpty() ? engine.gradients().tensors() : own;
  }

  private boolean fits(List<HeadTensor> heads) {
    boolean fits = own.size() == heads.size();
    for (int layer = 0; fits && layer < own.size(); layer++) {
      HeadTensor mine = own.get(layer);
      HeadTensor head = heads.get(layer);
      fits =
          mine.size() == head.size()
              && mine.type() == head.type()
              && mine.equals(head.contiguousOver(mine.place()));
    }
    return fits;
  }

  private void free() {
    if (!own.isEmpty()) {
      own = List.of();
      arena.close();
      arena = Arena.ofShared();
    }
  }

  /** Frees what is not the engine's; idempotent. */
  @Override
  public void close() {
    own = List.of();
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }
}
