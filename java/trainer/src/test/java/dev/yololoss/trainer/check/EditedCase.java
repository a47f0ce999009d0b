package dev.yololoss.trainer.check;

import dev.yololoss.trainer.safetensors.SafetensorsFile;
import dev.yololoss.trainer.safetensors.SafetensorsWriter;
import dev.yololoss.trainer.safetensors.StoredTensor;
import dev.yololoss.trainer.safetensors.TensorType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** A golden case with something changed. Integer tensors, which no loss reads, are left out. */
final class EditedCase {
  private record Tensor(TensorType type, double[] values, long... shape) {}

  private final Map<String, Tensor> tensors = new LinkedHashMap<>();
  private final Map<String, String> metadata;

  private EditedCase(Map<String, String> metadata) {
    this.metadata = new LinkedHashMap<>(metadata);
  }

  static EditedCase of(String familyAndCase) throws IOException {
    try (SafetensorsFile file = SafetensorsFile.open(GoldenCases.of(familyAndCase))) {
      EditedCase edited = new EditedCase(file.metadata());
      for (String name : file.names()) {
        StoredTensor t = file.find(name).orElseThrow();
        if (t.type() == TensorType.F32 || t.type() == TensorType.F64) {
          long[] shape = t.shape().stream().mapToLong(side -> side).toArray();
          edited.tensors.put(name, new Tensor(t.type(), t.toArray(), shape));
        }
      }
      return edited;
    }
  }

  double[] values(String tensor) {
    return tensors.get(tensor).values;
  }

  /** Changes a tensor's numbers in place. */
  EditedCase change(String tensor, Consumer<double[]> change) {
    change.accept(values(tensor));
    return this;
  }

  EditedCase put(String tensor, TensorType type, double[] values, long... shape) {
    tensors.put(tensor, new Tensor(type, values, shape));
    return this;
  }

  /** Cuts the last number of a list off. */
  EditedCase shorten(String tensor) {
    double[] values = values(tensor);
    return put(tensor, TensorType.F64, Arrays.copyOf(values, values.length - 1), values.length - 1);
  }

  EditedCase swap(String one, String other) {
    Tensor first = tensors.put(one, tensors.get(other));
    tensors.put(other, first);
    return this;
  }

  EditedCase reshape(String tensor, long... shape) {
    return put(tensor, tensors.get(tensor).type, values(tensor), shape);
  }

  EditedCase drop(String... names) {
    List.of(names).forEach(tensors::remove);
    return this;
  }

  /** Without anything to compare with. */
  EditedCase dropExpected() {
    tensors.keySet().removeIf(name -> name.matches("(total|loss|grad|delta|balance_after).*"));
    return this;
  }

  EditedCase metadata(String key, String value) {
    metadata.put(key, value);
    return this;
  }

  EditedCase dropMetadata(String... keys) {
    List.of(keys).forEach(metadata::remove);
    return this;
  }

  /** Replaces a piece of the configuration's text, which must be there. */
  EditedCase config(String from, String to) {
    String config = metadata.get("config");
    if (!config.contains(from)) {
      throw new IllegalArgumentException("no " + from + " in " + config);
    }
    return metadata("config", config.replace(from, to));
  }

  Path write(Path file) throws IOException {
    SafetensorsWriter writer = new SafetensorsWriter();
    metadata.forEach(writer::metadata);
    tensors.forEach((name, t) -> writer.add(name, t.type, t.values, t.shape));
    writer.write(file);
    return file;
  }
}
