package dev.yololoss.reference;

import dev.yololoss.DenseTensor;
import dev.yololoss.backend.OperationsExecutor;
import dev.yololoss.spec.Overlap;
import dev.yololoss.spec.OverlapConvention;
import java.util.Optional;

/** The single operations in double. */
public final class ReferenceOperations implements OperationsExecutor {
  @Override
  public void overlap(
      Overlap kind,
      OverlapConvention convention,
      DenseTensor a,
      DenseTensor b,
      DenseTensor value,
      Optional<DenseTensor> gradient) {
    for (long row = 0; row < a.rows(); row++) {
      OverlapValue overlap = overlap(kind, convention, box(a, row), box(b, row));
      value.set(row, 0, overlap.value());
      for (int i = 0; i < 4 && gradient.isPresent(); i++) {
        gradient.get().set(row, i, overlap.slope()[i]);
      }
    }
  }

  private static OverlapValue overlap(Overlap kind, OverlapConvention convention, Box a, Box b) {
    return switch (convention) {
      case PLAIN -> Yolov5Overlap.of(kind, a, b, 0, 0);
      case YOLOV5 -> Yolov5Overlap.of(kind, a, b, Yolov5Overlap.EPS, 0);
      case YOLOV5_0 -> Yolov5Overlap.of(kind, a, b, Yolov5Overlap.EPS, Yolov5Overlap.EPS);
      case DARKNET ->
          new OverlapValue(DarknetOverlap.value(kind, a, b), DarknetOverlap.direction(kind, a, b));
    };
  }

  private static Box box(DenseTensor boxes, long row) {
    return new Box(boxes.get(row, 0), boxes.get(row, 1), boxes.get(row, 2), boxes.get(row, 3));
  }

  @Override
  public void sigmoidBce(
      DenseTensor logits,
      DenseTensor targets,
      double positiveWeight,
      double gradientScale,
      DenseTensor value,
      Optional<DenseTensor> gradient) {
    for (long row = 0; row < logits.rows(); row++) {
      for (long column = 0; column < logits.columns(); column++) {
        ValueAndSlope bce =
            SigmoidBce.fromLogit(logits.get(row, column), targets.get(row, column), positiveWeight);
        value.set(row, column, bce.value());
        if (gradient.isPresent()) {
          gradient.get().set(row, column, gradientScale * bce.slope());
        }
      }
    }
  }

  @Override
  public void close() {}
}
