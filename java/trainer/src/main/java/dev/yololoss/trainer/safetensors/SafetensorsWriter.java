package dev.yololoss.trainer.safetensors;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Collects tensors and writes them as one file, whole or not at all. */
public final class SafetensorsWriter {
  private record Entry(TensorType type, long[] shape, double[] values) {}

  private final Map<String, Entry> entries = new java.util.LinkedHashMap<>();

  /**
   * Adds a tensor.
   *
   * @param type F64 or F32
   * @param values in the order of the shape, last dimension fastest
   */
  public SafetensorsWriter add(String name, TensorType type, double[] values, long... shape) {
    if (type != TensorType.F64 && type != TensorType.F32) {
      throw new IllegalArgumentException("tensors are written as F64 or F32, not " + type);
    }
    if (Arrays.stream(shape).reduce(1, (a, b) -> a * b) != values.length) {
      throw new IllegalArgumentException(
          name + " has " + values.length + " values for the shape " + Arrays.toString(shape));
    }
    entries.put(name, new Entry(type, shape, values));
    return this;
  }

  /** Writes the file and the folders above it; an existing file is replaced. */
  public void write(Path path) throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode header = mapper.createObjectNode();
    long offset = 0;
    for (Map.Entry<String, Entry> entry : entries.entrySet()) {
      Entry tensor = entry.getValue();
      long end = offset + (long) tensor.values.length * tensor.type.bytes();
      ObjectNode node = header.putObject(entry.getKey()).put("dtype", tensor.type.name());
      Arrays.stream(tensor.shape).forEach(node.putArray("shape")::add);
      node.putArray("data_offsets").add(offset).add(end);
      offset = end;
    }
    byte[] json = mapper.writeValueAsBytes(header);
    int padded = (json.length + 7) / 8 * 8; // so that the data is aligned
    List<ByteBuffer> buffers = new ArrayList<>();
    buffers.add(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(0, padded));
    buffers.add(
        ByteBuffer.wrap(
            (new String(json, StandardCharsets.UTF_8) + " ".repeat(padded - json.length))
                .getBytes(StandardCharsets.UTF_8)));
    entries.values().forEach(e -> buffers.add(bytes(e)));
    Path parent = path.toAbsolutePath().getParent();
    Files.createDirectories(parent);
    Path unfinished = Files.createTempFile(parent, path.getFileName().toString(), ".part");
    try (FileChannel channel = FileChannel.open(unfinished, StandardOpenOption.WRITE)) {
      for (ByteBuffer buffer : buffers) {
        while (buffer.hasRemaining()) {
          channel.write(buffer);
        }
      }
    }
    Files.move(
        unfinished, path, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
  }

  private static ByteBuffer bytes(Entry entry) {
    ByteBuffer buffer =
        ByteBuffer.allocate(entry.values.length * entry.type.bytes())
            .order(ByteOrder.LITTLE_ENDIAN);
    for (double value : entry.values) {
      if (entry.type == TensorType.F64) {
        buffer.putDouble(value);
      } else {
        buffer.putFloat((float) value);
      }
    }
    return buffer.flip();
  }
}
