package dev.yololoss.trainer.safetensors;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A safetensors file, mapped into memory. */
public final class SafetensorsFile implements AutoCloseable {
  private static final int LENGTH_BYTES = 8;
  private static final long LONGEST_HEADER = 100_000_000; // as the reference implementation
  private static final String METADATA = "__metadata__";

  private final Path path;
  private final Arena arena;
  private final Map<String, StoredTensor> tensors;
  private final Map<String, String> metadata;

  private SafetensorsFile(
      Path path, Arena arena, Map<String, StoredTensor> tensors, Map<String, String> metadata) {
    this.path = path;
    this.arena = arena;
    this.tensors = tensors;
    this.metadata = metadata;
  }

  /**
   * Opens a file and checks its header.
   *
   * @throws SafetensorsException if the file is missing, truncated, or its header is wrong
   */
  public static SafetensorsFile open(Path path) throws IOException {
    if (!Files.isRegularFile(path)) {
      throw new SafetensorsException(path, Files.exists(path) ? "is not a file" : "does not exist");
    }
    Arena arena = Arena.ofConfined();
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      MemorySegment all = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
      return new Reader(path, all).read(arena);
    } catch (IOException | RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  public Path path() {
    return path;
  }

  public Map<String, String> metadata() {
    return metadata;
  }

  public boolean has(String name) {
    return tensors.containsKey(name);
  }

  public Optional<StoredTensor> find(String name) {
    return Optional.ofNullable(tensors.get(name));
  }

  /**
   * A tensor of a given shape.
   *
   * @param shape the sizes; -1 for any
   * @throws SafetensorsException if it is missing, of another shape or of an integer type
   */
  public StoredTensor floats(String name, long... shape) throws SafetensorsException {
    StoredTensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new SafetensorsException(
          path, "has no tensor \"" + name + "\"; it has " + tensors.keySet());
    }
    boolean fits = tensor.shape().size() == shape.length;
    for (int i = 0; fits && i < shape.length; i++) {
      fits = shape[i] == -1 || shape[i] == tensor.shape().get(i);
    }
    if (!fits) {
      throw new SafetensorsException(
          path,
          "tensor \""
              + name
              + "\" has the shape "
              + tensor.shape()
              + "; must be "
              + Arrays.toString(shape).replace("-1", "any"));
    }
    switch (tensor.type()) {
      case F64, F32, F16, BF16 -> {}
      case I64, I32, U8 ->
          throw new SafetensorsException(
              path,
              "tensor \""
                  + name
                  + "\" is of type "
                  + tensor.type()
                  + "; must be F64, F32, F16 or BF16");
    }
    return tensor;
  }

  @Override
  public void close() {
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }

  private record Reader(Path path, MemorySegment all) {
    SafetensorsFile read(Arena arena) throws SafetensorsException {
      if (all.byteSize() < LENGTH_BYTES) {
        throw new SafetensorsException(
            path,
            "has "
                + all.byteSize()
                + " bytes; a safetensors file starts with 8 bytes of header length");
      }
      long length = all.get(ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), 0);
      long most = Math.min(all.byteSize() - LENGTH_BYTES, LONGEST_HEADER);
      if (length < 2 || length > most) {
        throw new SafetensorsException(
            path,
            "says its header has "
                + Long.toUnsignedString(length)
                + " bytes; allowed are 2.."
                + most
                + " in a file of "
                + all.byteSize());
      }
      JsonNode header = header(all.asSlice(LENGTH_BYTES, length).toArray(ValueLayout.JAVA_BYTE));
      MemorySegment data = all.asSlice(LENGTH_BYTES + length);
      Map<String, String> metadata = new LinkedHashMap<>();
      Map<String, StoredTensor> tensors = new LinkedHashMap<>();
      for (Map.Entry<String, JsonNode> entry : header.properties()) {
        if (entry.getKey().equals(METADATA)) {
          for (Map.Entry<String, JsonNode> text : entry.getValue().properties()) {
            metadata.put(text.getKey(), text.getValue().asText());
          }
        } else {
          tensors.put(entry.getKey(), tensor(entry.getKey(), entry.getValue(), data));
        }
      }
      return new SafetensorsFile(path, arena, tensors, metadata);
    }

    private JsonNode header(byte[] json) throws SafetensorsException {
      try {
        JsonNode header = new ObjectMapper().readTree(json);
        if (header.isObject()) {
          return header;
        }
        throw new SafetensorsException(path, "its header is no JSON object");
      } catch (JsonProcessingException e) {
        throw new SafetensorsException(path, "its header is no JSON: " + e.getOriginalMessage());
      } catch (IOException e) {
        throw e instanceof SafetensorsException known
            ? known
            : new SafetensorsException(path, e.toString());
      }
    }

    private StoredTensor tensor(String name, JsonNode node, MemorySegment data)
        throws SafetensorsException {
      TensorType type = type(name, node.path("dtype").asText());
      List<Long> shape = new ArrayList<>();
      long size = type.bytes();
      for (JsonNode side : node.path("shape")) {
        if (!side.isIntegralNumber() || side.longValue() < 0) {
          throw new SafetensorsException(
              path,
              "tensor \""
                  + name
                  + "\" has the shape "
                  + node.path("shape")
                  + "; sizes must be 0 or more");
        }
        shape.add(side.longValue());
        size *= side.longValue();
      }
      JsonNode offsets = node.path("data_offsets");
      long from = offsets.path(0).asLong(-1);
      long to = offsets.path(1).asLong(-1);
      if (offsets.size() != 2 || from < 0 || to < from || to > data.byteSize()) {
        throw new SafetensorsException(
            path,
            "tensor \""
                + name
                + "\" lies at "
                + offsets
                + "; the file holds 0.."
                + data.byteSize()
                + " (is it truncated?)");
      }
      if (to - from != size) {
        throw new SafetensorsException(
            path,
            "tensor \""
                + name
                + "\" has "
                + (to - from)
                + " bytes; "
                + type
                + " "
                + shape
                + " needs "
                + size);
      }
      return new StoredTensor(name, type, List.copyOf(shape), data.asSlice(from, to - from));
    }

    private TensorType type(String name, String dtype) throws SafetensorsException {
      for (TensorType type : TensorType.values()) {
        if (type.name().equals(dtype)) {
          return type;
        }
      }
      throw new SafetensorsException(
          path,
          "tensor \""
              + name
              + "\" is of type \""
              + dtype
              + "\"; allowed are "
              + Arrays.toString(TensorType.values()));
    }
  }
}
