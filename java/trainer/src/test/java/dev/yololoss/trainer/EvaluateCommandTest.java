package dev.yololoss.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvaluateCommandTest {
  @TempDir Path folder;

  @Test
  void theReportOfARunLiesInItAndThatOfACopiedCheckpointBesideIt() {
    Path run = folder.resolve("run");
    assertThat(EvaluateCommand.folder(folder)).isEqualTo(folder.resolve("evaluation"));
    assertThat(EvaluateCommand.folder(run.resolve("checkpoints/epoch-000001.safetensors")))
        .isEqualTo(run.resolve("evaluation"));
    assertThat(EvaluateCommand.folder(folder.resolve("best.safetensors")))
        .isEqualTo(folder.resolve("evaluation"));
  }
}
