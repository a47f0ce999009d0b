package dev.yololoss.trainer.compare;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** The experiments of the programs that the losses come from. */
public enum ReadyMadeQuestion {
  /** YOLOv3LossV2 against YOLOv3Loss, with heads of 32 and 16 bits. */
  A,
  /** The forms of YOLOv2's loss, its anchors and its learning rates. */
  B,
  /** The losses of YOLOv3 from scratch. */
  C,
  /** Darknet's deltas against the gradient of a loss. */
  D,
  /** YOLOv5 with one class against another, or each for itself. */
  E;

  /**
   * Reads it.
   *
   * @param size of the comparison's inputs, in pixels
   */
  public Question question(int size) {
    String name = "question-" + name().toLowerCase(Locale.ROOT) + ".json";
    try (InputStream file = ReadyMadeQuestion.class.getResourceAsStream(name)) {
      return Question.read(name, new String(file.readAllBytes(), StandardCharsets.UTF_8), size);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
