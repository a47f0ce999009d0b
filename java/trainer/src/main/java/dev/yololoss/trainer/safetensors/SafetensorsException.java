package dev.yololoss.trainer.safetensors;

import java.io.IOException;
import java.nio.file.Path;

/**
 * A file that is not what it should be. The message names file, tensor, what was found and what is
 * allowed.
 */
public final class SafetensorsException extends IOException {
  private static final long serialVersionUID = 1L;

  /**
   * With the file's name before what is wrong.
   *
   * @param what one line: the tensor, what was found and what is allowed
   */
  public SafetensorsException(Path file, String what) {
    super(file + ": " + what);
  }
}
