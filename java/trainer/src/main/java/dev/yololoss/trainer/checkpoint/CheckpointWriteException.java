package dev.yololoss.trainer.checkpoint;

/** A checkpoint cannot be written, so that going on would lose more and more; one line. */
public final class CheckpointWriteException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  CheckpointWriteException(String message, Throwable cause) {
    super(message, cause);
  }
}
