package dev.yololoss.trainer.data;

/** The classes of the generated shapes, each within the square from (-1, -1) to (1, 1). */
enum ShapeKind {
  DISC {
    @Override
    boolean contains(double u, double v) {
      return u * u + v * v <= 1;
    }

    @Override
    double reach(double alongU, double alongV) {
      return Math.sqrt(alongU * alongU + alongV * alongV);
    }
  },
  SQUARE {
    @Override
    boolean contains(double u, double v) {
      return Math.abs(u) <= 1 && Math.abs(v) <= 1;
    }

    @Override
    double reach(double alongU, double alongV) {
      return Math.abs(alongU) + Math.abs(alongV);
    }
  },
  /** Point up, base down. */
  TRIANGLE {
    @Override
    boolean contains(double u, double v) {
      return v <= 1 && 2 * Math.abs(u) <= v + 1;
    }

    @Override
    double reach(double alongU, double alongV) {
      return Math.max(-alongV, alongV + Math.abs(alongU));
    }
  },
  CROSS {
    @Override
    boolean contains(double u, double v) {
      double across = Math.min(Math.abs(u), Math.abs(v));
      return across <= ARM && Math.max(Math.abs(u), Math.abs(v)) <= 1;
    }

    @Override
    double reach(double alongU, double alongV) {
      double u = Math.abs(alongU);
      double v = Math.abs(alongV);
      return Math.max(u + ARM * v, ARM * u + v);
    }
  };

  /** Half the width of an arm of the cross. */
  private static final double ARM = 0.33;

  abstract boolean contains(double u, double v);

  /** The largest {@code alongU * u + alongV * v} of all points: how far it reaches that way. */
  abstract double reach(double alongU, double alongV);
}
