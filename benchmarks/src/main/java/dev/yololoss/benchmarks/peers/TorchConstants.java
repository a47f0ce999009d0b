package dev.yololoss.benchmarks.peers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.HashMap;
import java.util.Map;

/**
 * Numbers as tensors that stay referenced. DJL's operators that take a plain number lose their
 * temporary to the garbage collector, sometimes before backward reads it.
 */
final class TorchConstants {
  private final NDManager manager;
  private final Map<Float, NDArray> tensors = new HashMap<>();

  TorchConstants(NDManager manager) {
    this.manager = manager;
  }

  NDArray of(double number) {
    return tensors.computeIfAbsent((float) number, manager::create);
  }
}
