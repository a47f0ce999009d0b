package dev.yololoss.trainer.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.yololoss.trainer.files.Disk;
import dev.yololoss.trainer.safetensors.SafetensorsWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointFileTest {
  @TempDir Path folder;

  @Test
  void everythingComesBack() {
    Checkpoint written = SomeCheckpoint.of(12, 1);
    Path file = folder.resolve("a.safetensors");
    CheckpointFile.write(file, written, Disk.OF_THE_MACHINE);
    Checkpoint read = CheckpointFile.read(file);
    assertThat(read)
        .usingRecursiveComparison()
        .ignoringFields("optimizer", "model")
        .isEqualTo(written);
    assertThat(read.model()).isEqualTo(written.model());
    assertThat(read.optimizer()).hasSameSizeAs(written.optimizer());
    read.optimizer()
        .forEach(
            (name, state) -> {
              assertThat(state.updates()).isEqualTo(written.optimizer().get(name).updates());
              assertThat(state.moments())
                  .usingElementComparator(Arrays::compare)
                  .containsExactlyElementsOf(written.optimizer().get(name).moments());
            });
  }

  @Test
  void aNetworkThatDivergedComesBackToo() {
    Checkpoint good = SomeCheckpoint.of(1, 1);
    good.model().get("bias").values()[3] = Float.intBitsToFloat(0x7fc00123);
    good.model().get("bias").values()[4] = Float.NEGATIVE_INFINITY;
    Path file = folder.resolve("a.safetensors");
    CheckpointFile.write(file, good, Disk.OF_THE_MACHINE);
    float[] read = CheckpointFile.read(file).model().get("bias").values();
    assertThat(read[3]).isNaN();
    assertThat(read[4]).isEqualTo(Float.NEGATIVE_INFINITY);
  }

  /** Every byte of the file matters. */
  @Test
  void aChangedByteAnywhereIsFound() throws IOException {
    Path file = folder.resolve("a.safetensors");
    CheckpointFile.write(file, SomeCheckpoint.of(12, 1), Disk.OF_THE_MACHINE);
    byte[] whole = Files.readAllBytes(file);
    int header = 8 + (int) ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
    long seed = Long.getLong("seed", System.nanoTime());
    System.out.println("CheckpointFileTest -Dseed=" + seed);
    Random random = new Random(seed);
    for (int round = 0; round < 300; round++) {
      byte[] damaged = whole.clone();
      int place = header + random.nextInt(whole.length - header);
      damaged[place] ^= (byte) (1 << random.nextInt(8));
      Files.write(file, damaged);
      assertThatThrownBy(() -> CheckpointFile.read(file))
          .as("byte " + place)
          .isInstanceOf(CheckpointException.class)
          .hasMessageContaining(file.toString())
          .hasMessageContaining("damaged");
    }
    for (String text :
        new String[] {"\"epoch\":\"12\"", "\\\"seed\\\":1", "round", "\"bias\\\":18"}) {
      String latin = new String(whole, StandardCharsets.ISO_8859_1);
      assertThat(latin).contains(text);
      String changed = latin.replace(text, text.replace('1', '2').replace("round", "found"));
      Files.write(file, changed.getBytes(StandardCharsets.ISO_8859_1));
      assertThatThrownBy(() -> CheckpointFile.read(file))
          .as(text)
          .isInstanceOf(CheckpointException.class)
          .hasMessageContaining("damaged");
    }
  }

  /** Names, types and shapes too. */
  @Test
  void aChangedByteOfTheHeaderIsFound() throws IOException {
    Path file = folder.resolve("a.safetensors");
    CheckpointFile.write(file, SomeCheckpoint.of(12, 1), Disk.OF_THE_MACHINE);
    byte[] whole = Files.readAllBytes(file);
    int header = 8 + (int) ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
    long seed = Long.getLong("seed", System.nanoTime());
    System.out.println("CheckpointFileTest -Dseed=" + seed);
    Random random = new Random(seed);
    for (int place = 0; place < header; place++) {
      byte[] damaged = whole.clone();
      damaged[place] ^= (byte) (1 << random.nextInt(8));
      Files.write(file, damaged);
      assertThatThrownBy(() -> CheckpointFile.read(file))
          .as("byte " + place)
          .isInstanceOf(CheckpointException.class)
          .hasMessageContaining(file.toString());
    }
    String latin = new String(whole, StandardCharsets.ISO_8859_1);
    for (String[] change : new String[][] {{"[2,3,5]", "[3,2,5]"}, {"[2,3,5]", "[2,5,3]"}}) {
      assertThat(latin).contains(change[0]);
      String changed = latin.replace(change[0], change[1]);
      Files.write(file, changed.getBytes(StandardCharsets.ISO_8859_1));
      assertThatThrownBy(() -> CheckpointFile.read(file))
          .isInstanceOf(CheckpointException.class)
          .hasMessage(file + ": is damaged: its checksum does not fit");
    }
  }

  @Test
  void aFileThatEndsEarlyIsFound() throws IOException {
    Path file = folder.resolve("a.safetensors");
    CheckpointFile.write(file, SomeCheckpoint.of(12, 1), Disk.OF_THE_MACHINE);
    byte[] whole = Files.readAllBytes(file);
    for (int length = 0; length < whole.length; length += 97) {
      Files.write(file, Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> CheckpointFile.read(file))
          .isInstanceOf(CheckpointException.class)
          .hasMessageContaining(file.toString());
    }
  }

  @Test
  void anotherFileIsNoCheckpoint() throws IOException {
    Path file = folder.resolve("a.safetensors");
    new SafetensorsWriter().metadata("format", "pt").write(file);
    assertThatThrownBy(() -> CheckpointFile.read(file))
        .isInstanceOf(CheckpointException.class)
        .hasMessage(file + ": is no checkpoint of this program");
    assertThatThrownBy(() -> CheckpointFile.read(folder.resolve("none")))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("does not exist");
  }
}
