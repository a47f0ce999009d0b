package dev.yololoss.trainer.events;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Instant;
import java.util.Locale;
import java.util.zip.CRC32C;

/**
 * One event file of a run; a run that was resumed has several, which TensorBoard reads as one.
 *
 * <p>A file is a row of frames: the length of the data (64 bits, little-endian), the length's
 * masked CRC-32C, the data, the data's masked CRC-32C. The data is a protobuf {@code Event}. Values
 * that are not finite are left out: TensorBoard has no place for them.
 */
public final class EventFile implements AutoCloseable {
  private static final int WALL_TIME = 1;
  private static final int STEP = 2;
  private static final int FILE_VERSION = 3;
  private static final int SUMMARY = 5;
  private static final int SESSION_LOG = 7;
  private static final int SUMMARY_VALUE = 1;
  private static final int TAG = 1;
  private static final int SIMPLE_VALUE = 2;
  private static final int IMAGE = 4;
  private static final int RGB = 3;
  private static final int STATUS = 1;
  private static final int START = 1;
  private static final int MASK = 0xa282ead8;

  private final Path path;
  private final OutputStream out;
  private final Clock clock;

  private EventFile(Path path, OutputStream out, Clock clock) {
    this.path = path;
    this.out = out;
    this.clock = clock;
  }

  /**
   * Starts a file of its own name; those that are there stay.
   *
   * @param firstStep what earlier files say about this step and later ones no longer counts
   */
  public static EventFile start(Path folder, long firstStep, Clock clock) throws IOException {
    Path path = freeName(folder, clock.instant().getEpochSecond());
    OutputStream out =
        new BufferedOutputStream(
            Files.newOutputStream(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE));
    EventFile file = new EventFile(path, out, clock);
    file.write(file.event(0).text(FILE_VERSION, "brain.Event:2"));
    file.write(
        file.event(firstStep).message(SESSION_LOG, new ProtobufMessage().integer(STATUS, START)));
    file.flush();
    return file;
  }

  private static Path freeName(Path folder, long seconds) {
    for (int number = 0; ; number++) {
      // TensorBoard reads them in the order of their names.
      String name = "events.out.tfevents.%010d.%03d.yololoss";
      Path path = folder.resolve(String.format(Locale.ROOT, name, seconds, number));
      if (Files.notExists(path)) {
        return path;
      }
    }
  }

  /** Adds one point of a curve. */
  public EventFile scalar(long step, String tag, double value) throws IOException {
    if (Double.isFinite(value)) {
      write(step, new ProtobufMessage().text(TAG, tag).real(SIMPLE_VALUE, (float) value));
    }
    return this;
  }

  /**
   * Adds a picture.
   *
   * @param encoded PNG or JPEG
   */
  public EventFile image(long step, String tag, int width, int height, byte[] encoded)
      throws IOException {
    ProtobufMessage image =
        new ProtobufMessage()
            .integer(1, height)
            .integer(2, width)
            .integer(3, RGB)
            .bytes(4, encoded);
    write(step, new ProtobufMessage().text(TAG, tag).message(IMAGE, image));
    return this;
  }

  /** Where the events go. */
  public Path path() {
    return path;
  }

  /** What was added is in the file when this returns. */
  public void flush() throws IOException {
    out.flush();
  }

  @Override
  public void close() throws IOException {
    out.close();
  }

  private void write(long step, ProtobufMessage value) throws IOException {
    write(event(step).message(SUMMARY, new ProtobufMessage().message(SUMMARY_VALUE, value)));
  }

  private ProtobufMessage event(long step) {
    Instant now = clock.instant();
    return new ProtobufMessage()
        .real(WALL_TIME, now.getEpochSecond() + now.getNano() / 1e9)
        .integer(STEP, step);
  }

  private void write(ProtobufMessage event) throws IOException {
    byte[] data = event.toByteArray();
    byte[] length = little(8).putLong(data.length).array();
    out.write(length);
    out.write(little(4).putInt(maskedSum(length)).array());
    out.write(data);
    out.write(little(4).putInt(maskedSum(data)).array());
  }

  /** The sum is turned and moved, since the sum of data that holds its own sum is special. */
  private static int maskedSum(byte[] data) {
    CRC32C sum = new CRC32C();
    sum.update(data);
    return Integer.rotateRight((int) sum.getValue(), 15) + MASK;
  }

  private static ByteBuffer little(int length) {
    return ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
  }
}
