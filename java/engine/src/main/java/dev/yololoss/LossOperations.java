package dev.yololoss;

import dev.yololoss.backend.OperationsExecutor;
import dev.yololoss.spec.Overlap;
import dev.yololoss.spec.OverlapConvention;
import java.util.Optional;

/**
 * The operations that need no loss, each with its gradient. Those that do are methods of {@link
 * LossEngine}. On NATIVE it holds threads until it is closed, and calls of several threads take
 * turns.
 */
public final class LossOperations implements AutoCloseable {
  private static final int BOX = 4;

  private final Backend backend;
  private final OperationsExecutor executor;
  private volatile boolean closed;

  private LossOperations(Backends.Chosen chosen) {
    this.backend = chosen.backend();
    this.executor = chosen.operations().get();
  }

  /**
   * Opens the operations of a backend.
   *
   * @throws BackendUnavailableException if the backend is not there, with every reason
   */
  public static LossOperations open(Backend backend) {
    return open(EngineOptions.on(backend));
  }

  /**
   * Opens the operations of a backend.
   *
   * @param options which backend, and how it runs
   * @throws BackendUnavailableException if the backend is not there, with every reason
   */
  public static LossOperations open(EngineOptions options) {
    return new LossOperations(Backends.choose(options));
  }

  /** The backend in use; never AUTO. */
  public Backend backend() {
    return backend;
  }

  /**
   * The overlap of the boxes of each row, and the derivative with respect to the first box ({@link
   * OverlapConvention#DARKNET}: its direction).
   *
   * @param a {@code [n, 4]}: centre x, centre y, width, height
   * @param b {@code [n, 4]}
   * @param value {@code [n, 1]}
   * @param gradient {@code [n, 4]}, or empty
   */
  public void overlap(
      Overlap kind,
      OverlapConvention convention,
      DenseTensor a,
      DenseTensor b,
      DenseTensor value,
      Optional<DenseTensor> gradient) {
    requireOpen();
    require("a", a, a.rows(), BOX);
    require("b", b, a.rows(), BOX);
    requireWritable("value", value, a.rows(), 1);
    gradient.ifPresent(g -> requireWritable("gradient", g, a.rows(), BOX));
    executor.overlap(kind, convention, a, b, value, gradient);
  }

  /**
   * Binary cross-entropy of a sigmoid, element by element: {@code (1 - t) x + (1 + (p - 1) t)
   * softplus(-x)}.
   *
   * @param logits {@code [n, m]}
   * @param targets {@code [n, m]}, each 0..1
   * @param positiveWeight p, finite and greater than 0
   * @param gradientScale factor of the gradient, finite
   * @param value {@code [n, m]}
   * @param gradient {@code [n, m]}, or empty
   */
  public void sigmoidBce(
      DenseTensor logits,
      DenseTensor targets,
      double positiveWeight,
      double gradientScale,
      DenseTensor value,
      Optional<DenseTensor> gradient) {
    requireOpen();
    if (!(positiveWeight > 0 && positiveWeight < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "positiveWeight is " + positiveWeight + "; must be finite and greater than 0");
    }
    if (!Double.isFinite(gradientScale)) {
      throw new IllegalArgumentException("gradientScale is " + gradientScale + "; must be finite");
    }
    require("logits", logits, logits.rows(), logits.columns());
    require("targets", targets, logits.rows(), logits.columns());
    requireWritable("value", value, logits.rows(), logits.columns());
    gradient.ifPresent(g -> requireWritable("gradient", g, logits.rows(), logits.columns()));
    executor.sigmoidBce(logits, targets, positiveWeight, gradientScale, value, gradient);
  }

  /** Idempotent. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      executor.close();
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("these operations are closed");
    }
  }

  /** A downcall does not know that memory is read-only, so it is looked at here. */
  private void requireWritable(String name, DenseTensor tensor, long rows, long columns) {
    require(name, tensor, rows, columns);
    if (tensor.place() instanceof HostSegment host && host.segment().isReadOnly()) {
      throw new TensorException(name + " is read-only memory");
    }
  }

  private void require(String name, DenseTensor tensor, long rows, long columns) {
    if (tensor.rows() != rows || tensor.columns() != columns) {
      throw new TensorException(
          name
              + " is "
              + tensor.rows()
              + " x "
              + tensor.columns()
              + "; must be "
              + rows
              + " x "
              + columns);
    }
    CheckTensors.reachable(name, tensor, backend);
  }
}
