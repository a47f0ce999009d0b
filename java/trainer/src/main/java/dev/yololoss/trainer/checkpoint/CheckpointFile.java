package dev.yololoss.trainer.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.yololoss.LossState;
import dev.yololoss.trainer.files.Disk;
import dev.yololoss.trainer.optimize.ParameterState;
import dev.yololoss.trainer.safetensors.SafetensorsException;
import dev.yololoss.trainer.safetensors.SafetensorsFile;
import dev.yololoss.trainer.safetensors.SafetensorsWriter;
import dev.yololoss.trainer.safetensors.StoredTensor;
import dev.yololoss.trainer.safetensors.TensorType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/**
 * A checkpoint as a safetensors file: {@code model/NAME}, {@code optimizer/NAME/0}, {@code 1}, ...,
 * {@code assignments} [rows, 3] of (image, label, slot), and the rest as metadata, with a checksum
 * of all of it.
 */
public final class CheckpointFile {
  private static final String FORMAT = "yololoss checkpoint 2";
  private static final String MODEL = "model/";
  private static final String OPTIMIZER = "optimizer/";
  private static final String ASSIGNMENTS = "assignments";
  private static final String CHECKSUM = "checksum";
  private static final int COLUMNS = 3;
  private static final int NO_SLOT = -1;
  private static final ObjectMapper JSON = new ObjectMapper();

  private CheckpointFile() {}

  /** A tensor of the file. */
  private record Entry(TensorType type, long[] shape, double[] values) {
    static Entry of(StoredTensor tensor) {
      long[] shape = tensor.shape().stream().mapToLong(Long::longValue).toArray();
      return new Entry(tensor.type(), shape, tensor.toArray());
    }
  }

  /**
   * Writes the file whole or not at all.
   *
   * @throws CheckpointWriteException if it cannot be written; a file of that name is then as it was
   */
  public static void write(Path path, Checkpoint checkpoint, Disk disk) {
    try {
      SafetensorsWriter writer = new SafetensorsWriter();
      SortedMap<String, Entry> tensors = tensors(checkpoint);
      tensors.forEach((name, t) -> writer.add(name, t.type, t.values, t.shape));
      SortedMap<String, String> metadata = metadata(checkpoint);
      metadata.forEach(writer::metadata);
      writer.metadata(CHECKSUM, checksum(metadata, tensors));
      writer.write(path, disk);
    } catch (IOException e) {
      throw new CheckpointWriteException(path + ": cannot be written: " + e.getMessage(), e);
    }
  }

  private static SortedMap<String, Entry> tensors(Checkpoint checkpoint) {
    SortedMap<String, Entry> tensors = new TreeMap<>();
    checkpoint
        .model()
        .forEach(
            (name, a) ->
                tensors.put(MODEL + name, new Entry(TensorType.F32, a.shape(), wide(a.values()))));
    checkpoint
        .optimizer()
        .forEach(
            (name, state) -> {
              for (int i = 0; i < state.moments().size(); i++) {
                double[] values = wide(state.moments().get(i));
                long[] shape = {values.length};
                tensors.put(OPTIMIZER + name + "/" + i, new Entry(TensorType.F32, shape, values));
              }
            });
    double[] rows = assignmentRows(checkpoint.assignments());
    long[] shape = {rows.length / COLUMNS, COLUMNS};
    tensors.put(ASSIGNMENTS, new Entry(TensorType.F64, shape, rows));
    return tensors;
  }

  private static SortedMap<String, String> metadata(Checkpoint checkpoint)
      throws JsonProcessingException {
    SortedMap<String, Long> updates = new TreeMap<>();
    checkpoint.optimizer().forEach((name, state) -> updates.put(name, state.updates()));
    SortedMap<String, String> metadata = new TreeMap<>();
    metadata.put("format", FORMAT);
    metadata.put("epoch", String.valueOf(checkpoint.epoch()));
    metadata.put("options", checkpoint.options());
    metadata.put("spec", checkpoint.spec());
    metadata.put("classes", JSON.writeValueAsString(checkpoint.classes()));
    metadata.put("data_fingerprint", String.valueOf(checkpoint.dataFingerprint()));
    metadata.put("optimizer_updates", JSON.writeValueAsString(updates));
    metadata.put("loss_balance", JSON.writeValueAsString(checkpoint.loss().balance()));
    return metadata;
  }

  /**
   * Reads a file.
   *
   * @throws CheckpointException if it is missing, is something else, or is damaged
   */
  public static Checkpoint read(Path path) {
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      SortedMap<String, String> metadata = new TreeMap<>(file.metadata());
      if (!FORMAT.equals(metadata.get("format"))) {
        throw new CheckpointException(path + ": is no checkpoint of this program");
      }
      SortedMap<String, Entry> tensors = new TreeMap<>();
      for (String name : file.names()) {
        tensors.put(name, Entry.of(file.floats(name)));
      }
      // Before anything is made of the values.
      String expected = metadata.remove(CHECKSUM);
      if (!checksum(metadata, tensors).equals(expected)) {
        throw new CheckpointException(path + ": is damaged: its checksum does not fit");
      }
      return checkpoint(metadata, tensors);
    } catch (SafetensorsException e) {
      throw new CheckpointException(e.getMessage(), e);
    } catch (IOException | IllegalArgumentException e) {
      throw new CheckpointException(path + ": is damaged: " + e.getMessage(), e);
    }
  }

  private static Checkpoint checkpoint(
      SortedMap<String, String> metadata, SortedMap<String, Entry> tensors) throws IOException {
    SortedMap<String, StoredArray> model = new TreeMap<>();
    tensors.forEach(
        (name, t) -> {
          if (name.startsWith(MODEL)) {
            String own = name.substring(MODEL.length());
            model.put(own, new StoredArray(t.shape, narrow(t.values)));
          }
        });
    Map<String, Long> updates =
        JSON.readValue(required(metadata, "optimizer_updates"), new TypeReference<>() {});
    SortedMap<String, ParameterState> optimizer = new TreeMap<>();
    updates.forEach(
        (name, count) -> {
          List<float[]> moments = new ArrayList<>();
          String prefix = OPTIMIZER + name + "/";
          while (tensors.containsKey(prefix + moments.size())) {
            moments.add(narrow(tensors.get(prefix + moments.size()).values));
          }
          optimizer.put(name, new ParameterState(count, moments));
        });
    return new Checkpoint(
        Integer.parseInt(required(metadata, "epoch")),
        required(metadata, "options"),
        required(metadata, "spec"),
        JSON.readValue(required(metadata, "classes"), new TypeReference<List<String>>() {}),
        Long.parseLong(required(metadata, "data_fingerprint")),
        model,
        optimizer,
        new LossState(
            JSON.readValue(
                required(metadata, "loss_balance"), new TypeReference<List<Double>>() {})),
        assignments(required(tensors, ASSIGNMENTS).values));
  }

  private static <T> T required(Map<String, T> map, String key) {
    T value = map.get(key);
    if (value == null) {
      throw new IllegalArgumentException("has no " + key);
    }
    return value;
  }

  private static float[] narrow(double[] wide) {
    float[] values = new float[wide.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) wide[i];
    }
    return values;
  }

  private static double[] wide(float[] values) {
    double[] wide = new double[values.length];
    for (int i = 0; i < wide.length; i++) {
      wide[i] = values[i];
    }
    return wide;
  }

  /** A row per slot; a box without any has one row with slot -1. */
  private static double[] assignmentRows(List<Checkpoint.Assignments> assignments) {
    List<double[]> rows = new ArrayList<>();
    for (Checkpoint.Assignments box : assignments) {
      for (int slot : box.slots().isEmpty() ? List.of(NO_SLOT) : box.slots()) {
        rows.add(new double[] {box.image(), box.label(), slot});
      }
    }
    return rows.stream().flatMapToDouble(Arrays::stream).toArray();
  }

  private static List<Checkpoint.Assignments> assignments(double[] rows) {
    List<Checkpoint.Assignments> assignments = new ArrayList<>();
    int next = 0;
    while (next < rows.length) {
      int first = next;
      List<Integer> slots = new ArrayList<>();
      do {
        if (rows[next + 2] != NO_SLOT) {
          slots.add((int) rows[next + 2]);
        }
        next += COLUMNS;
      } while (next < rows.length
          && rows[next] == rows[first]
          && rows[next + 1] == rows[first + 1]);
      assignments.add(new Checkpoint.Assignments((int) rows[first], (int) rows[first + 1], slots));
    }
    return assignments;
  }

  private static String checksum(
      SortedMap<String, String> metadata, SortedMap<String, Entry> tensors) {
    CRC32C sum = new CRC32C();
    sum.update(metadata.toString().getBytes(StandardCharsets.UTF_8));
    tensors.forEach(
        (name, t) -> {
          String head = name + " " + t.type + " " + Arrays.toString(t.shape);
          sum.update(head.getBytes(StandardCharsets.UTF_8));
          ByteBuffer bytes = ByteBuffer.allocate(Double.BYTES * t.values.length);
          for (double value : t.values) {
            // One form of NaN: others do not come back as they were.
            bytes.putLong(Double.doubleToLongBits(value));
          }
          sum.update(bytes.flip());
        });
    return String.valueOf(sum.getValue());
  }
}
