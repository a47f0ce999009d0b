package dev.yololoss.reference;

import dev.yololoss.DecodedBoxes;
import dev.yololoss.DenseTensor;
import dev.yololoss.ElementType;
import dev.yololoss.spec.ClassTerm;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Reduction;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;

/** Raw outputs to boxes in pixels, objectness and class probabilities. */
final class DecodePredictions {
  private DecodePredictions() {}

  static DecodedBoxes of(LossSpec spec, List<HeadValues> heads) {
    int images = heads.getFirst().grid().images();
    int boxes = heads.stream().mapToInt(h -> h.grid().slotsPerImage()).sum();
    int columns = spec.attributes();
    long rows = (long) images * boxes;
    DenseTensor values =
        new DenseTensor(
            Arena.ofAuto().allocate(rows * columns * ElementType.F64.bytes(), 8),
            ElementType.F64,
            rows,
            columns);
    int first = 0;
    for (HeadValues head : heads) {
      Grid grid = head.grid();
      for (int slot = 0; slot < grid.slots(); slot++) {
        long row = (long) grid.imageOf(slot) * boxes + first + slot % grid.slotsPerImage();
        write(spec, head, slot, values, row);
      }
      first += grid.slotsPerImage();
    }
    return new DecodedBoxes(images, boxes, spec.classes(), values);
  }

  private static void write(
      LossSpec spec, HeadValues head, int slot, DenseTensor values, long row) {
    Grid grid = head.grid();
    Box box = DecodeBox.of(spec.decoding(), head, slot).box();
    double toPixelsX = grid.inImageUnits() ? grid.imageWidth() : grid.stride();
    double toPixelsY = grid.inImageUnits() ? grid.imageHeight() : grid.stride();
    values.set(row, 0, box.x() * toPixelsX);
    values.set(row, 1, box.y() * toPixelsY);
    values.set(row, 2, box.width() * toPixelsX);
    values.set(row, 3, box.height() * toPixelsY);
    values.set(row, 4, Probability.of(spec.decoding(), head.read(slot, 4)));
    double[] probabilities = classes(spec, head, slot);
    for (int c = 0; c < probabilities.length; c++) {
      values.set(row, 5 + c, probabilities[c]);
    }
  }

  private static double[] classes(LossSpec spec, HeadValues head, int slot) {
    double[] raw = new double[spec.classes()];
    Arrays.setAll(raw, c -> head.read(slot, 5 + c));
    if (spec.classes() == 1 && spec.reduction().kind() == Reduction.Kind.LAYER_MEANS_TIMES_BATCH) {
      return new double[] {1}; // yolov5 does not train a single class
    }
    if (spec.classification().kind() == ClassTerm.Kind.SOFTMAX_CROSS_ENTROPY) {
      double largest = Arrays.stream(raw).max().orElseThrow();
      double sum = Arrays.stream(raw).map(x -> Math.exp(x - largest)).sum();
      return Arrays.stream(raw).map(x -> Math.exp(x - largest) / sum).toArray();
    }
    return Arrays.stream(raw).map(x -> Probability.of(spec.decoding(), x)).toArray();
  }
}
