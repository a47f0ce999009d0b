package dev.yololoss.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.yololoss.trainer.ForkedCommand;
import dev.yololoss.trainer.checkpoint.CheckpointFolder;
import dev.yololoss.trainer.data.ShapesFolder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The system itself refuses to write a checkpoint. */
class FullDiskRunTest {
  /** Room for the network, 1.7 MB, and not for Adam's two arrays beside it. */
  private static final int KIBIBYTES = 3000;

  @TempDir Path folder;

  @Test
  void aCheckpointThatCannotBeWrittenLeavesTheOneBefore() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/bin/bash")), "NOT RUN: there is no bash");
    PyTorch.start(); // its library is unpacked where larger files are allowed
    Path data = ShapesFolder.write(folder.resolve("data"), 8, 2, 1);
    Path run = folder.resolve("run");
    Path output = folder.resolve("output.txt");
    String[] arguments = {
      "train", "--data", data.toString(), "--out", run.toString(), "--size", "64", "--epochs", "2"
    };
    ForkedCommand full = ForkedCommand.startWithSmallFiles(output, KIBIBYTES, arguments);
    assertThat(full.process().waitFor()).as(Files.readString(output)).isEqualTo(1);
    Path kept = run.resolve("checkpoints/epoch-000000.safetensors");
    List<String> said = Files.readAllLines(output);
    assertThat(said.getLast())
        .startsWith(run.resolve("checkpoints/epoch-000001.safetensors") + ": cannot be written: ")
        .endsWith("; " + kept + " is still there to resume from");
    try (Stream<Path> files = Files.list(run.resolve("checkpoints"))) {
      assertThat(files).containsExactly(kept);
    }
    assertThat(CheckpointFolder.ofRun(run).newest().checkpoint().epoch()).isZero();

    ForkedCommand.start(output, "train", "--resume", run.toString()).requireSuccess();
    assertThat(CheckpointFolder.ofRun(run).newest().checkpoint().epoch()).isEqualTo(2);
    assertThat(Files.readAllLines(run.resolve("metrics.csv"))).hasSize(3);
  }
}
