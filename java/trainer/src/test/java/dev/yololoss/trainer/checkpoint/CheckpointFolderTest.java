package dev.yololoss.trainer.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.yololoss.trainer.files.Disk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointFolderTest {
  @TempDir Path run;

  @Test
  void theTwoNewestStay() throws IOException {
    CheckpointFolder checkpoints = CheckpointFolder.ofRun(run);
    assertThat(checkpoints.isEmpty()).isTrue();
    for (int epoch = 0; epoch < 12; epoch++) {
      checkpoints.save(SomeCheckpoint.of(epoch, epoch));
      assertThat(checkpoints.newest().checkpoint().epoch()).isEqualTo(epoch);
    }
    assertThat(files()).containsExactly("epoch-000010.safetensors", "epoch-000011.safetensors");
  }

  @Test
  void aDamagedNewestIsPassedOverAndNamed() throws IOException {
    CheckpointFolder checkpoints = CheckpointFolder.ofRun(run);
    checkpoints.save(SomeCheckpoint.of(1, 1));
    Path newest = checkpoints.save(SomeCheckpoint.of(2, 2));
    byte[] whole = Files.readAllBytes(newest);
    whole[whole.length - 9] ^= 1;
    Files.write(newest, whole);
    CheckpointFolder.Found found = checkpoints.newest();
    assertThat(found.checkpoint().epoch()).isEqualTo(1);
    assertThat(found.notes()).hasSize(1);
    assertThat(found.notes().getFirst()).contains(newest.toString(), "damaged");

    Files.write(found.file(), new byte[3]);
    assertThatThrownBy(checkpoints::newest)
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("holds no good checkpoint")
        .hasMessageContaining(found.file().toString());
  }

  @Test
  void aFolderWithoutAnyIsAnError() {
    assertThatThrownBy(() -> CheckpointFolder.ofRun(run.resolve("none")).newest())
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("none/checkpoints: holds no checkpoint");
  }

  /** Full after any number of bytes, from none to all but one. */
  @Test
  void aFullDiskKeepsWhatIsThere() throws IOException {
    Path last = CheckpointFolder.ofRun(run).save(SomeCheckpoint.of(3, 3));
    byte[] before = Files.readAllBytes(last);
    long size = before.length;
    for (long room : List.of(0L, 1L, 8L, 100L, size / 2, size - 1)) {
      CheckpointFolder full = new CheckpointFolder(run.resolve("checkpoints"), new FullDisk(room));
      assertThatThrownBy(() -> full.save(SomeCheckpoint.of(4, 4)))
          .isInstanceOf(CheckpointWriteException.class)
          .hasMessageContaining("epoch-000004.safetensors: cannot be written: No space left")
          .hasMessageContaining(last + " is still there to resume from");
      assertThat(files()).containsExactly("epoch-000003.safetensors");
      assertThat(Files.readAllBytes(last)).isEqualTo(before);
      assertThat(full.newest().checkpoint().epoch()).isEqualTo(3);
    }
    // The same disk with room enough: it is the lack of room that failed.
    new CheckpointFolder(run.resolve("checkpoints"), new FullDisk(size + 1000))
        .save(SomeCheckpoint.of(4, 4));
    assertThat(CheckpointFolder.ofRun(run).newest().checkpoint().epoch()).isEqualTo(4);
  }

  @Test
  void writingTheSameEpochAgainOnAFullDiskKeepsTheFirst() {
    CheckpointFolder.ofRun(run).save(SomeCheckpoint.of(3, 3));
    CheckpointFolder full = new CheckpointFolder(run.resolve("checkpoints"), new FullDisk(500));
    assertThatThrownBy(() -> full.save(SomeCheckpoint.of(3, 4)))
        .isInstanceOf(CheckpointWriteException.class);
    assertThat(full.newest().checkpoint().model()).isEqualTo(SomeCheckpoint.of(3, 3).model());
  }

  @Test
  void deletedMeansGone() {
    CheckpointFolder checkpoints = CheckpointFolder.ofRun(run);
    checkpoints.save(SomeCheckpoint.of(3, 3));
    checkpoints.delete();
    assertThat(run.resolve("checkpoints")).doesNotExist();
    assertThat(new CheckpointFolder(run.resolve("checkpoints"), Disk.OF_THE_MACHINE).isEmpty())
        .isTrue();
  }

  private List<String> files() throws IOException {
    try (Stream<Path> files = Files.list(run.resolve("checkpoints"))) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }
}
