package dev.yololoss.trainer.safetensors;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A safetensors file, mapped into memory. Used by the thread that opened it. */
public final class SafetensorsFile implements AutoCloseable {
  private final Path path;
  private final Arena arena;
  private final Header header;

  private SafetensorsFile(Path path, Arena arena, Header header) {
    this.path = path;
    this.arena = arena;
    this.header = header;
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
    boolean opened = false;
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      MemorySegment all = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
      SafetensorsFile file = new SafetensorsFile(path, arena, HeaderReader.read(path, all));
      opened = true;
      return file;
    } catch (FileSystemException e) { // its own message may be the path alone
      throw new SafetensorsException(path, "cannot be read: " + e);
    } finally {
      if (!opened) {
        arena.close();
      }
    }
  }

  public Path path() {
    return path;
  }

  public Map<String, String> metadata() {
    return header.metadata();
  }

  /** The tensors' names, in the order of the header. */
  public Set<String> names() {
    return header.tensors().keySet();
  }

  public boolean has(String name) {
    return header.tensors().containsKey(name);
  }

  public Optional<StoredTensor> find(String name) {
    return Optional.ofNullable(header.tensors().get(name));
  }

  /**
   * A tensor of numbers, of any shape.
   *
   * @throws SafetensorsException if it is missing or of an integer type
   */
  public StoredTensor floats(String name) throws SafetensorsException {
    StoredTensor tensor = header.tensors().get(name);
    if (tensor == null) {
      throw new SafetensorsException(
          path, "has no tensor \"" + name + "\"; it has " + header.tensors().keySet());
    }
    return switch (tensor.type()) {
      case F64, F32, F16, BF16 -> tensor;
      case I64, I32, U8 ->
          throw new SafetensorsException(
              path,
              "tensor \""
                  + name
                  + "\" is of type "
                  + tensor.type()
                  + "; must be F64, F32, F16 or BF16");
    };
  }

  /**
   * A tensor of a given shape.
   *
   * @param shape the sizes; -1 for any
   * @throws SafetensorsException if it is missing, of another shape or of an integer type
   */
  public StoredTensor floats(String name, long... shape) throws SafetensorsException {
    StoredTensor tensor = floats(name);
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
    return tensor;
  }

  /** Unmaps the file; its tensors' data are gone. Idempotent. */
  @Override
  public void close() {
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }
}
