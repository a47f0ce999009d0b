package dev.yololoss.trainer.check;

import dev.yololoss.trainer.safetensors.SafetensorsException;
import dev.yololoss.trainer.safetensors.SafetensorsFile;

/** What every case file says of itself. */
final class CaseFile {
  private CaseFile() {}

  static String metadata(SafetensorsFile file, String key) throws SafetensorsException {
    String value = file.metadata().get(key);
    if (value == null) {
      throw new SafetensorsException(
          file.path(), "has no metadata \"" + key + "\"; a case says its preset and config there");
    }
    return value;
  }

  static String name(SafetensorsFile file) {
    String fileName = file.path().getFileName().toString();
    return file.metadata().getOrDefault("case", fileName.replaceFirst("\\.safetensors$", ""));
  }
}
