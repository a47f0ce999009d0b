package dev.yololoss.trainer.train;

import dev.yololoss.spec.Preset;
import java.nio.file.Path;

/** Which loss a run trains with. */
public sealed interface LossChoice {
  /** A preset with the harness's own weights for small networks; see {@link PresetWeights}. */
  record Named(Preset preset) implements LossChoice {}

  /**
   * A description as it stands; classes and heads come from the data if it has none.
   *
   * @param file where it was read, for messages
   * @param json its text
   */
  record Described(Path file, String json) implements LossChoice {}
}
