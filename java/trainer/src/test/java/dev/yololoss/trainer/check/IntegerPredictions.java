package dev.yololoss.trainer.check;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** A case whose predictions are integers, which this project's writer cannot write. */
final class IntegerPredictions {
  private static final String HEADER =
      """
      {"__metadata__":{"preset":"yolov5","config":"{}"},
       "pred.0":{"dtype":"I32","shape":[1,6,1,1],"data_offsets":[0,24]},
       "targets":{"dtype":"F32","shape":[0,6],"data_offsets":[24,24]}}
      """;

  private IntegerPredictions() {}

  static Path write(Path path) throws IOException {
    byte[] header = HEADER.getBytes(StandardCharsets.UTF_8);
    return Files.write(
        path,
        ByteBuffer.allocate(8 + header.length + 24)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(header.length)
            .put(header)
            .array());
  }
}
