package dev.yololoss.trainer.events;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads event files by the format's description: not a line of the writer is used, the checksum is
 * worked out bit by bit.
 */
public final class EventReader {
  /**
   * One event.
   *
   * @param tag empty where there is none
   * @param value of a scalar, else NaN
   * @param image as it was encoded, else of length 0
   */
  public record Event(
      double wallTime,
      long step,
      String version,
      String tag,
      float value,
      int width,
      int height,
      byte[] image,
      boolean sessionStart) {}

  private EventReader() {}

  /**
   * @throws IOException if a frame is cut or a checksum wrong
   */
  public static List<Event> read(Path file) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    List<Event> events = new ArrayList<>();
    while (bytes.hasRemaining()) {
      if (bytes.remaining() < 12) {
        throw new IOException("a frame is cut at byte " + bytes.position());
      }
      byte[] lengthBytes = new byte[8];
      bytes.get(bytes.position(), lengthBytes);
      long length = bytes.getLong();
      requireSum(lengthBytes, bytes.getInt(), bytes.position());
      if (length < 0 || bytes.remaining() < length + 4) {
        throw new IOException("a frame is cut at byte " + bytes.position());
      }
      byte[] data = new byte[(int) length];
      bytes.get(data);
      requireSum(data, bytes.getInt(), bytes.position());
      events.add(event(data));
    }
    return events;
  }

  private static void requireSum(byte[] data, int masked, int position) throws IOException {
    int rotated = masked - 0xa282ead8;
    int sum = rotated << 15 | rotated >>> 17;
    if (sum != sum(data)) {
      throw new IOException("a checksum is wrong before byte " + position);
    }
  }

  /** CRC-32C: the Castagnoli polynomial, reflected. */
  static int sum(byte[] data) {
    int sum = -1;
    for (byte next : data) {
      sum ^= next & 0xff;
      for (int bit = 0; bit < 8; bit++) {
        sum = (sum & 1) == 1 ? sum >>> 1 ^ 0x82f63b78 : sum >>> 1;
      }
    }
    return ~sum;
  }

  private record Field(int number, long bits, byte[] bytes) {
    String text() {
      return new String(bytes, StandardCharsets.UTF_8);
    }
  }

  private static Event event(byte[] data) {
    double wallTime = Double.NaN;
    long step = -1;
    String version = "";
    String tag = "";
    float value = Float.NaN;
    int width = 0;
    int height = 0;
    byte[] image = {};
    boolean start = false;
    for (Field field : fields(data)) {
      switch (field.number) {
        case 1 -> wallTime = Double.longBitsToDouble(field.bits);
        case 2 -> step = field.bits;
        case 3 -> version = field.text();
        case 7 -> start = fields(field.bytes).getFirst().bits == 1;
        case 5 -> {
          for (Field part : fields(fields(field.bytes).getFirst().bytes)) {
            switch (part.number) {
              case 1 -> tag = part.text();
              case 2 -> value = Float.intBitsToFloat((int) part.bits);
              case 4 -> {
                List<Field> picture = fields(part.bytes);
                height = (int) picture.get(0).bits;
                width = (int) picture.get(1).bits;
                image = picture.get(3).bytes;
              }
              default -> throw new AssertionError("field " + part.number + " of a value");
            }
          }
        }
        default -> throw new AssertionError("field " + field.number + " of an event");
      }
    }
    return new Event(wallTime, step, version, tag, value, width, height, image, start);
  }

  private static List<Field> fields(byte[] message) {
    ByteBuffer bytes = ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN);
    List<Field> fields = new ArrayList<>();
    while (bytes.hasRemaining()) {
      long key = varint(bytes);
      int number = (int) (key >>> 3);
      switch ((int) (key & 7)) {
        case 0 -> fields.add(new Field(number, varint(bytes), new byte[0]));
        case 1 -> fields.add(new Field(number, bytes.getLong(), new byte[0]));
        case 5 -> fields.add(new Field(number, bytes.getInt(), new byte[0]));
        case 2 -> {
          byte[] content = new byte[(int) varint(bytes)];
          bytes.get(content);
          fields.add(new Field(number, 0, content));
        }
        default -> throw new AssertionError("wire type " + (key & 7));
      }
    }
    return fields;
  }

  private static long varint(ByteBuffer bytes) {
    long value = 0;
    for (int shift = 0; ; shift += 7) {
      byte next = bytes.get();
      value |= (next & 0x7fL) << shift;
      if (next >= 0) {
        return value;
      }
    }
  }
}
