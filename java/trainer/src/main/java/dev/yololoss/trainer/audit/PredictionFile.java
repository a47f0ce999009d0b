package dev.yololoss.trainer.audit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.yololoss.HeadTensor;
import dev.yololoss.spec.Head;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.SpecException;
import dev.yololoss.trainer.data.DataException;
import dev.yololoss.trainer.safetensors.SafetensorsException;
import dev.yololoss.trainer.safetensors.SafetensorsFile;
import dev.yololoss.trainer.safetensors.StoredTensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Raw heads of some images: tensors {@code pred.0}, {@code pred.1} ... of {@code [images, anchors *
 * (5 + classes), rows, columns]}, F32, F64, F16 or BF16. Metadata: {@code images}, a JSON array of
 * the images' names in the data set; optionally {@code spec}, a loss as JSON, and {@code classes},
 * a JSON array of names.
 */
final class PredictionFile implements AutoCloseable {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final SafetensorsFile file;
  private final LossSpec spec;
  private final List<String> images;
  private final List<StoredTensor> tensors = new ArrayList<>();

  private PredictionFile(SafetensorsFile file, Optional<LossSpec> given) throws IOException {
    this.file = file;
    this.spec = spec(given);
    this.images = names("images").orElseThrow(() -> lacks("images"));
    readTensors();
  }

  /**
   * Opens a file.
   *
   * @param given what the loss is, if the file does not say
   * @throws DataException naming file and key or tensor
   */
  static PredictionFile open(Path path, Optional<LossSpec> given) {
    SafetensorsFile file = null;
    try {
      file = SafetensorsFile.open(path);
      return new PredictionFile(file, given);
    } catch (IOException e) {
      close(file);
      throw new DataException(e.getMessage(), e);
    } catch (RuntimeException e) {
      close(file);
      throw e;
    }
  }

  private static void close(SafetensorsFile file) {
    if (file != null) {
      file.close();
    }
  }

  Path path() {
    return file.path();
  }

  LossSpec spec() {
    return spec;
  }

  /** The images' names, in the order of the tensors. */
  List<String> images() {
    return images;
  }

  /** Of the network's input, in pixels. */
  int width() {
    return Math.multiplyExact(side(3), spec.heads().heads().getFirst().stride());
  }

  /** Of the network's input, in pixels. */
  int height() {
    return Math.multiplyExact(side(2), spec.heads().heads().getFirst().stride());
  }

  private int side(int dimension) {
    return Math.toIntExact(tensors.getFirst().shape().get(dimension));
  }

  /** The heads of one image, as a batch of one. */
  List<HeadTensor> heads(int image) {
    List<HeadTensor> heads = new ArrayList<>();
    for (int layer = 0; layer < tensors.size(); layer++) {
      StoredTensor tensor = tensors.get(layer);
      long bytes = tensor.size() / tensor.shape().getFirst() * tensor.type().bytes();
      heads.add(
          HeadTensor.nchw(
              tensor.data().asSlice(image * bytes, bytes),
              tensor.type().elementType(),
              1,
              spec.heads().anchorsOf(layer).size(),
              spec.attributes(),
              Math.toIntExact(tensor.shape().get(2)),
              Math.toIntExact(tensor.shape().get(3))));
    }
    return heads;
  }

  /**
   * Refuses classes that are not the data's.
   *
   * @throws DataException saying which differ
   */
  void requireClasses(List<String> classes) {
    try {
      Optional<List<String>> named = names("classes");
      if (spec.classes() != classes.size()) {
        throw wrong("the loss has " + spec.classes() + " classes; the data " + count(classes));
      }
      for (int i = 0; named.isPresent() && i < classes.size(); i++) {
        String name = i < named.get().size() ? named.get().get(i) : "nothing";
        if (!name.equals(classes.get(i))) {
          throw wrong(
              "metadata \"classes\" calls class "
                  + i
                  + " "
                  + name
                  + "; the data calls it "
                  + classes.get(i));
        }
      }
      if (named.isPresent() && named.get().size() > classes.size()) {
        throw wrong(
            "metadata \"classes\" names " + named.get().size() + "; the data " + count(classes));
      }
    } catch (SafetensorsException e) {
      throw new DataException(e.getMessage(), e);
    }
  }

  private static String count(List<String> classes) {
    return classes.size() + ": " + classes;
  }

  private LossSpec spec(Optional<LossSpec> given) throws SafetensorsException {
    String json = file.metadata().get("spec");
    if (json == null) {
      return given.orElseThrow(
          () -> new DataException(lacks("spec").getMessage() + "; name one with --spec"));
    }
    try {
      LossSpec own = LossSpec.fromJson(json);
      if (given.isPresent() && !given.get().equals(own)) {
        throw wrong("metadata \"spec\" is another loss than --spec; leave one away");
      }
      return own;
    } catch (SpecException e) {
      throw wrong("metadata \"spec\": " + e.getMessage());
    }
  }

  private Optional<List<String>> names(String key) throws SafetensorsException {
    String json = file.metadata().get(key);
    if (json == null) {
      return Optional.empty();
    }
    List<String> names = new ArrayList<>();
    try {
      JsonNode array = MAPPER.readTree(json);
      if (!array.isArray()) {
        throw wrong("metadata \"" + key + "\" is no JSON array");
      }
      for (JsonNode name : array) {
        if (!name.isTextual()) {
          throw wrong("metadata \"" + key + "\" holds " + name + "; must hold names");
        }
        names.add(name.textValue());
      }
    } catch (JsonProcessingException e) {
      throw wrong("metadata \"" + key + "\" is no JSON: " + e.getOriginalMessage());
    }
    return Optional.of(List.copyOf(names));
  }

  private void readTensors() throws SafetensorsException {
    List<Head> heads = spec.heads().heads();
    for (int layer = 0; layer < heads.size(); layer++) {
      long channels = (long) spec.heads().anchorsOf(layer).size() * spec.attributes();
      StoredTensor tensor = file.floats("pred." + layer, images.size(), channels, -1, -1);
      if (tensor.size() == 0) {
        throw wrong("tensor \"" + tensor.name() + "\" is empty: " + tensor.shape());
      }
      tensors.add(tensor);
    }
    if (file.has("pred." + heads.size())) {
      throw wrong(
          "has a tensor \"pred." + heads.size() + "\"; the loss has " + heads.size() + " heads");
    }
  }

  private SafetensorsException lacks(String key) {
    return wrong("has no metadata \"" + key + "\"");
  }

  private SafetensorsException wrong(String what) {
    return new SafetensorsException(file.path(), what);
  }

  @Override
  public void close() {
    file.close();
  }
}
