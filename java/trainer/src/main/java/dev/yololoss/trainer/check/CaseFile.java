package dev.yololoss.trainer.check;

import dev.yololoss.trainer.safetensors.SafetensorsException;
import dev.yololoss.trainer.safetensors.SafetensorsFile;

/** What every case file says of itself. */
final class CaseFile {
  static final String SPEC = "spec";
  static final String PRESET = "preset";
  static final String CONFIG = "config";

  private CaseFile() {}

  static boolean isBoxes(SafetensorsFile file) {
    return "boxes".equals(file.metadata().get(PRESET));
  }

  /** Whether a file describes its loss as this project does. */
  static boolean isInOwnWords(SafetensorsFile file) throws SafetensorsException {
    if (!file.metadata().containsKey(SPEC)) {
      return false;
    }
    for (String other : new String[] {PRESET, CONFIG}) {
      if (file.metadata().containsKey(other)) {
        throw new SafetensorsException(
            file.path(),
            "has metadata \""
                + SPEC
                + "\" and \""
                + other
                + "\"; only one can say what the loss is");
      }
    }
    return true;
  }

  static String metadata(SafetensorsFile file, String key) throws SafetensorsException {
    String value = file.metadata().get(key);
    if (value == null) {
      throw new SafetensorsException(
          file.path(),
          "has no metadata \"" + key + "\"; a case has \"spec\", or \"preset\" and \"config\"");
    }
    return value;
  }

  static String name(SafetensorsFile file) {
    String fileName = file.path().getFileName().toString();
    return file.metadata().getOrDefault("case", fileName.replaceFirst("\\.safetensors$", ""));
  }
}
