package dev.yololoss.trainer.safetensors;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file byte by byte, good or bad. */
final class RawFile {
  private RawFile() {}

  static Path write(Path path, String header, byte... data) throws IOException {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    return write(path, json.length, json, data);
  }

  static Path write(Path path, long length, byte[] header, byte... data) throws IOException {
    return Files.write(
        path,
        ByteBuffer.allocate(8 + header.length + data.length)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(length)
            .put(header)
            .put(data)
            .array());
  }

  /** The header of a file with one tensor. */
  static String header(String dtype, String shape, String offsets) {
    return String.format(
        "{\"t\":{\"dtype\":%s,\"shape\":%s,\"data_offsets\":%s}}", dtype, shape, offsets);
  }
}
