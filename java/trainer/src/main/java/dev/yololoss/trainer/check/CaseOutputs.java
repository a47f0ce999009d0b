package dev.yololoss.trainer.check;

import dev.yololoss.trainer.safetensors.SafetensorsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** A folder of what was computed, one file per case: {@code <preset>/<file>}. */
final class CaseOutputs {
  private final Path folder;
  private final Map<Path, Path> written = new HashMap<>();

  CaseOutputs(Path folder) {
    this.folder = folder;
  }

  void write(Path caseFile, CaseReport report) throws SafetensorsException {
    Path target = folder.resolve(report.preset()).resolve(caseFile.getFileName());
    try {
      if (Files.exists(target) && Files.isSameFile(target, caseFile)) {
        throw new SafetensorsException(caseFile, "is the case itself; write to another folder");
      }
      Path other = written.putIfAbsent(target, caseFile);
      if (other != null) {
        throw new SafetensorsException(
            caseFile, "would be written to " + target + ", which holds the numbers of " + other);
      }
      report.output().write(target);
    } catch (SafetensorsException e) {
      throw e;
    } catch (IOException e) { // its own message may be a path alone
      throw new SafetensorsException(target, "cannot be written: " + e);
    }
  }
}
