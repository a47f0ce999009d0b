package dev.yololoss.trainer.check;

import dev.yololoss.Backend;
import dev.yololoss.DenseTensor;
import dev.yololoss.ElementType;
import dev.yololoss.EngineOptions;
import dev.yololoss.LossOperations;
import dev.yololoss.spec.Overlap;
import dev.yololoss.spec.OverlapConvention;
import dev.yololoss.trainer.safetensors.SafetensorsException;
import dev.yololoss.trainer.safetensors.SafetensorsFile;
import dev.yololoss.trainer.safetensors.SafetensorsWriter;
import dev.yololoss.trainer.safetensors.StoredTensor;
import dev.yololoss.trainer.safetensors.TensorType;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;

/** A case of box pairs: every overlap with its derivative, in each convention. */
final class BoxesCase {
  /** A convention and how the file names its tensors. */
  private record Peer(OverlapConvention convention, String values, String derivatives) {
    String value(Overlap kind) {
      return values + lower(kind);
    }

    String derivative(Overlap kind) {
      return String.format(derivatives, lower(kind));
    }

    private static String lower(Overlap kind) {
      return kind.name().toLowerCase(Locale.ROOT);
    }
  }

  private static final List<Peer> PEERS =
      List.of(
          new Peer(OverlapConvention.DARKNET, "darknet64.", "darknet64.dx_%s"),
          new Peer(OverlapConvention.YOLOV5, "yolov5.", "yolov5.d%s_da"),
          new Peer(OverlapConvention.YOLOV5_0, "yolov5_v5.0.", "yolov5_v5.0.d%s_da"));

  private final SafetensorsFile file;
  private final EngineOptions options;
  private final SafetensorsWriter output = new SafetensorsWriter();
  private Deviation values = Deviation.NONE;
  private Deviation derivatives = Deviation.NONE;

  BoxesCase(SafetensorsFile file, EngineOptions options) {
    this.file = file;
    this.options = options;
  }

  CaseReport run() throws SafetensorsException {
    try (Arena arena = Arena.ofConfined();
        LossOperations operations = LossOperations.open(options)) {
      ElementType type =
          operations.backend() == Backend.REFERENCE ? ElementType.F64 : ElementType.F32;
      DenseTensor a = boxes("a");
      DenseTensor b = boxes("b");
      if (a.rows() != b.rows()) {
        throw new SafetensorsException(
            file.path(), "tensor \"a\" has " + a.rows() + " boxes, tensor \"b\" " + b.rows());
      }
      DenseTensor value =
          new DenseTensor(arena.allocate(a.rows() * type.bytes(), 8), type, a.rows(), 1);
      DenseTensor derivative =
          new DenseTensor(arena.allocate(4 * a.rows() * type.bytes(), 8), type, a.rows(), 4);
      Expected expected = new Expected(file, Tolerance.of(operations.backend()));
      output.metadata("backend", operations.backend().name());
      for (Peer peer : PEERS) {
        for (Overlap kind : Overlap.values()) {
          operations.overlap(kind, peer.convention, a, b, value, Optional.of(derivative));
          values = values.and(compare(expected, peer.value(kind), value));
          derivatives = derivatives.and(compare(expected, peer.derivative(kind), derivative));
        }
      }
      return new CaseReport(
          "boxes",
          CaseFile.name(file),
          operations.backend().name(),
          OptionalDouble.empty(),
          Deviation.NONE,
          values,
          derivatives,
          List.of(),
          output);
    }
  }

  private DenseTensor boxes(String name) throws SafetensorsException {
    StoredTensor tensor = file.floats(name, -1, 4);
    return new DenseTensor(
        tensor.data(), tensor.type().elementType(), tensor.shape().getFirst(), 4);
  }

  private Deviation compare(Expected expected, String name, DenseTensor actual)
      throws SafetensorsException {
    double[] numbers = new double[Math.toIntExact(actual.rows() * actual.columns())];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = actual.type().get(actual.memory(), i);
    }
    long[] shape =
        actual.columns() == 1
            ? new long[] {actual.rows()}
            : new long[] {actual.rows(), actual.columns()};
    output.add(
        name, actual.type() == ElementType.F64 ? TensorType.F64 : TensorType.F32, numbers, shape);
    return expected.tensor(name, 1, numbers, shape);
  }
}
