package dev.yololoss.trainer.safetensors;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.yololoss.trainer.files.AtomicFile;
import dev.yololoss.trainer.files.Disk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** Collects tensors and writes them as one file, whole or not at all. */
public final class SafetensorsWriter {
  private static final int CHUNK = 1 << 16;
  private static final String METADATA = "__metadata__";

  private record Entry(TensorType type, long[] shape, double[] values) {}

  private final Map<String, Entry> entries = new LinkedHashMap<>();
  private final Map<String, String> metadata = new LinkedHashMap<>();

  /**
   * Adds a tensor.
   *
   * @param type F64 or F32
   * @param values in the order of the shape, last dimension fastest; not copied
   */
  public SafetensorsWriter add(String name, TensorType type, double[] values, long... shape) {
    if (type != TensorType.F64 && type != TensorType.F32) {
      throw new IllegalArgumentException(
          name + " is to be " + type + "; tensors are written as F64 or F32");
    }
    if (name.equals(METADATA) || entries.containsKey(name)) {
      throw new IllegalArgumentException(name + " is taken");
    }
    if (Arrays.stream(shape).anyMatch(side -> side < 0) || size(shape) != values.length) {
      throw new IllegalArgumentException(
          name + " has " + values.length + " values for the shape " + Arrays.toString(shape));
    }
    entries.put(name, new Entry(type, shape.clone(), values));
    return this;
  }

  /** Sets a text of the header; one of the same key is replaced. */
  public SafetensorsWriter metadata(String key, String value) {
    metadata.put(key, value);
    return this;
  }

  /** Writes the file and the folders above it; an existing file is replaced. */
  public void write(Path path) throws IOException {
    write(path, Disk.OF_THE_MACHINE);
  }

  /** Likewise, to a disk of the caller's choice. */
  public void write(Path path, Disk disk) throws IOException {
    Path target = path.toAbsolutePath();
    Files.createDirectories(target.getParent());
    AtomicFile.write(
        target,
        disk,
        channel -> {
          writeHeader(channel);
          for (Entry entry : entries.values()) {
            writeValues(channel, entry);
          }
        });
  }

  private void writeHeader(WritableByteChannel channel) throws IOException {
    byte[] json = header();
    int padded = (json.length + 7) / 8 * 8; // so that the data is aligned
    ByteBuffer buffer = ByteBuffer.allocate(8 + padded).order(ByteOrder.LITTLE_ENDIAN);
    buffer.putLong(padded).put(json);
    while (buffer.hasRemaining()) {
      buffer.put((byte) ' ');
    }
    drain(buffer, channel);
  }

  private byte[] header() throws JsonProcessingException {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode header = mapper.createObjectNode();
    if (!metadata.isEmpty()) {
      header.set(METADATA, mapper.valueToTree(metadata));
    }
    long offset = 0;
    for (Map.Entry<String, Entry> entry : entries.entrySet()) {
      Entry tensor = entry.getValue();
      long end = offset + (long) tensor.values.length * tensor.type.bytes();
      ObjectNode node = header.putObject(entry.getKey()).put("dtype", tensor.type.name());
      Arrays.stream(tensor.shape).forEach(node.putArray("shape")::add);
      node.putArray("data_offsets").add(offset).add(end);
      offset = end;
    }
    return mapper.writeValueAsBytes(header);
  }

  private static void writeValues(WritableByteChannel channel, Entry entry) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocateDirect(CHUNK).order(ByteOrder.LITTLE_ENDIAN);
    for (double value : entry.values) {
      if (entry.type == TensorType.F64) {
        buffer.putDouble(value);
      } else {
        buffer.putFloat((float) value);
      }
      if (!buffer.hasRemaining()) {
        drain(buffer, channel);
      }
    }
    drain(buffer, channel);
  }

  private static void drain(ByteBuffer buffer, WritableByteChannel channel) throws IOException {
    buffer.flip();
    AtomicFile.drain(buffer, channel);
    buffer.clear();
  }

  /** As a double, which does not wrap around. */
  private static double size(long[] shape) {
    return Arrays.stream(shape).asDoubleStream().reduce(1, (a, b) -> a * b);
  }
}
