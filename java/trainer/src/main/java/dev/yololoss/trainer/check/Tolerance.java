package dev.yololoss.trainer.check;

import dev.yololoss.Backend;

/**
 * How far from a case's float64 numbers a backend may be.
 *
 * @param total relative, of totals and components
 * @param component of a component, relative to the largest one: where the original has only
 *     rounding residue of saturated terms left, there is nothing to agree with
 * @param state of a loss's state, relative
 * @param element of a gradient element, relative to itself
 * @param floor of a gradient element, relative to the tensor's largest
 * @param norm of a whole gradient tensor's difference, relative to the tensor's
 */
record Tolerance(
    double total, double component, double state, double element, double floor, double norm) {
  static Tolerance of(Backend backend) {
    return switch (backend) {
      case REFERENCE -> new Tolerance(1e-9, 1e-12, 1e-12, 1e-8, 1e-9, 1e-9);
      case NATIVE, CUDA -> new Tolerance(1e-5, 1e-7, 1e-8, 1e-4, 1e-4, 2e-5);
      case AUTO -> throw new IllegalArgumentException("AUTO is no backend in use");
    };
  }
}
