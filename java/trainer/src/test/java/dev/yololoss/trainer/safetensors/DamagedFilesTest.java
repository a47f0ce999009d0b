package dev.yololoss.trainer.safetensors;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A damaged file is refused or read; it never does anything else. */
class DamagedFilesTest {
  private static final int TIMES = 5000;
  private static final Path PATH = Path.of("a.safetensors");

  @TempDir Path folder;
  private byte[] good;
  private int headerEnd;

  @BeforeEach
  void write() throws IOException {
    Path path = folder.resolve("good.safetensors");
    new SafetensorsWriter()
        .metadata("preset", "yolov5")
        .add("pred.0", TensorType.F32, new double[24], 1, 6, 2, 2)
        .add("targets", TensorType.F32, new double[] {0, 0, 0.5, 0.5, 0.25, 0.25}, 1, 6)
        .add("total", TensorType.F64, new double[] {1.5}, 1)
        .write(path);
    good = Files.readAllBytes(path);
    headerEnd = 8 + (int) ByteBuffer.wrap(good).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
    assertThat(isRead(good)).isTrue();
  }

  @Test
  void truncation() {
    for (int length = 0; length < good.length; length++) {
      assertThat(isRead(Arrays.copyOf(good, length))).as("cut to " + length).isFalse();
    }
    assertThat(isRead(Arrays.copyOf(good, good.length + 1))).isFalse();
  }

  @Test
  void flippedBytes() {
    long seed = Long.getLong("seed", 20250117);
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    int read = 0;
    for (int i = 0; i < TIMES; i++) {
      byte[] damaged = good.clone();
      for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
        damaged[random.nextInt(headerEnd)] = (byte) random.nextInt(256);
      }
      read += isRead(damaged) ? 1 : 0;
    }
    assertThat(read).as("names and text may change unnoticed").isBetween(1, TIMES / 2);
  }

  /** Digits for digits: the header stays JSON, and its numbers lie. */
  @Test
  void lyingNumbers() {
    long seed = Long.getLong("seed", 20250118);
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    for (int i = 0; i < TIMES; i++) {
      byte[] damaged = good.clone();
      for (int at = 8; at < headerEnd; at++) {
        if (damaged[at] >= '0' && damaged[at] <= '9' && random.nextInt(8) == 0) {
          damaged[at] = (byte) ('0' + random.nextInt(10));
        }
      }
      isRead(damaged);
    }
  }

  /** Reads everything that the header promises; from memory, since files are slow. */
  private static boolean isRead(byte[] bytes) {
    try {
      for (StoredTensor t :
          HeaderReader.read(PATH, MemorySegment.ofArray(bytes)).tensors().values()) {
        assertThat((long) t.toArray().length).isEqualTo(t.size());
      }
      return true;
    } catch (SafetensorsException e) {
      assertThat(e).hasMessageStartingWith("a.safetensors: ");
      return false;
    }
  }
}
