package dev.yololoss.trainer.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {
  @TempDir Path folder;

  @Test
  void replacesAndLeavesNothingElse() throws IOException {
    Path target = folder.resolve("a.txt");
    AtomicFile.write(target, "one".getBytes(StandardCharsets.UTF_8));
    assertThat(AtomicFile.write(target, "two".getBytes(StandardCharsets.UTF_8)))
        .isEqualTo(target)
        .hasContent("two");
    assertThat(folder).isDirectoryContaining(target::equals);
    try (var files = Files.list(folder)) {
      assertThat(files).containsExactly(target);
    }
  }

  @Test
  void aFailedMoveKeepsTheTargetAndCleansUp() throws IOException {
    Path target = Files.createDirectories(folder.resolve("a.txt/inside")).getParent();
    assertThatIOException().isThrownBy(() -> AtomicFile.write(target, new byte[] {1}));
    assertThat(target).isDirectory();
    try (var files = Files.list(folder)) {
      assertThat(files).containsExactly(target);
    }
  }

  @Test
  void aReaderNeverSeesHalf() throws IOException, InterruptedException {
    Path target = folder.resolve("big.bin");
    byte[] content = new byte[1 << 20];
    AtomicFile.write(target, content);
    Thread writer =
        Thread.ofPlatform()
            .start(
                () -> {
                  for (int i = 0; i < 50; i++) {
                    try {
                      AtomicFile.write(target, content);
                    } catch (IOException e) {
                      throw new UncheckedIOException(e);
                    }
                  }
                });
    int reads = 0;
    while (writer.isAlive() || reads == 0) {
      assertThat(Files.readAllBytes(target)).hasSize(content.length);
      reads++;
    }
    writer.join();
  }
}
