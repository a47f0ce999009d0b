package dev.yololoss.trainer.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.trainer.data.Batch;
import dev.yololoss.trainer.safetensors.SafetensorsWriter;
import dev.yololoss.trainer.safetensors.TensorType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * The network's raw heads as {@code audit} reads them: a safetensors file per batch, with the
 * tensors {@code pred.0}, {@code pred.1} ... of [images, anchors * (5 + classes), rows, columns] as
 * F32, and the images' names, the classes and the loss as metadata.
 */
final class HeadFiles {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path folder;
  private final LossSpec spec;
  private final List<String> classes;
  private int files;

  private HeadFiles(Path folder, LossSpec spec, List<String> classes) {
    this.folder = folder;
    this.spec = spec;
    this.classes = List.copyOf(classes);
  }

  /**
   * Makes the folder.
   *
   * @throws TrainingException if something is in it, or it cannot be made
   */
  static HeadFiles in(Path folder, LossSpec spec, List<String> classes) {
    try {
      Files.createDirectories(folder);
      try (Stream<Path> entries = Files.list(folder)) {
        if (entries.findAny().isPresent()) {
          throw new TrainingException(
              "--predictions " + folder + ": is not empty; name another folder");
        }
      }
    } catch (IOException e) {
      throw new TrainingException("--predictions " + folder + ": cannot be written: " + e, e);
    }
    return new HeadFiles(folder, spec, classes);
  }

  Path folder() {
    return folder;
  }

  /** How many there are so far. */
  int count() {
    return files;
  }

  /** Writes the heads of one batch. */
  void add(Batch batch, NDList heads) {
    SafetensorsWriter writer =
        new SafetensorsWriter()
            .metadata("spec", spec.toJson())
            .metadata("images", json(batch.sources().stream().map(image -> image.name())))
            .metadata("classes", json(classes.stream()));
    for (int layer = 0; layer < heads.size(); layer++) {
      NDArray head = heads.get(layer);
      writer.add(
          "pred." + layer,
          TensorType.F32,
          asDoubles(head.toFloatArray()),
          head.getShape().getShape());
    }
    String name = String.format(Locale.ROOT, "batch-%05d.safetensors", files);
    try {
      writer.write(folder.resolve(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    files++;
  }

  private static String json(Stream<String> names) {
    ArrayNode array = JSON.createArrayNode();
    names.forEach(array::add);
    return array.toString();
  }

  private static double[] asDoubles(float[] values) {
    double[] doubles = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      doubles[i] = values[i];
    }
    return doubles;
  }
}
