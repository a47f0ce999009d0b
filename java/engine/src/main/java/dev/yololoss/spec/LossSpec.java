package dev.yololoss.spec;

/**
 * A loss as a value: a preset, the network's geometry and the answer to every question.
 *
 * <p>Legal is a preset with the options that {@link Preset#options()} names; any other mix throws a
 * {@link SpecException} that names both fields. Make one with {@link #builder(Preset)} or read it
 * with {@link #fromJson(String)}:
 *
 * <pre>{@code
 * {"preset": "yolov5", "classes": 3,
 *  "heads": [{"stride": 16, "anchors": [[28, 28], [60, 60], [100, 110]]}],
 *  "box": {"weight": 0.1}}
 * }</pre>
 *
 * @param preset the loss that this is a variant of
 * @param classes the number of classes, at least 1
 * @param heads strides and anchors
 * @param decoding how raw outputs become boxes
 * @param assignment who is responsible for a target
 * @param ignore whose objectness does not count
 * @param box the box term
 * @param objectness the objectness term
 * @param classification the class term
 * @param collision several matches on one slot
 * @param bce the form of every binary cross-entropy
 * @param focalGamma exponent of the focal factor around objectness and class BCE, alpha 0.25; 0 for
 *     none
 * @param reduction how terms become one number
 */
public record LossSpec(
    Preset preset,
    int classes,
    Heads heads,
    BoxDecoding decoding,
    Assignment assignment,
    Ignore ignore,
    BoxTerm box,
    ObjectnessTerm objectness,
    ClassTerm classification,
    Collision collision,
    BceForm bce,
    double focalGamma,
    Reduction reduction) {
  public LossSpec {
    Require.present("preset", preset);
    if (classes < 1) {
      throw new SpecException("classes is " + classes + "; must be at least 1");
    }
    Require.present("heads", heads);
    Require.present("decoding", decoding);
    Require.present("assignment", assignment);
    Require.present("ignore", ignore);
    Require.present("box", box);
    Require.present("objectness", objectness);
    Require.present("classification", classification);
    Require.present("collision", collision);
    Require.present("bce", bce);
    Require.finiteAtLeast("focalGamma", focalGamma, 0);
    Require.present("reduction", reduction);
  }

  /** A builder with the preset's own options, heads and number of classes. */
  public static Builder builder(Preset preset) {
    return new Builder(preset);
  }

  /**
   * The preset as its original ships it, for the classes and anchors of the original's main data
   * set.
   */
  public static LossSpec of(Preset preset) {
    return builder(preset).build();
  }

  /**
   * Reads a description in this project's terms: {@code preset}, {@code classes} and {@code heads},
   * and any of the preset's options.
   *
   * @throws SpecException for malformed JSON, unknown or missing keys, values out of range and
   *     illegal mixes; the message names the key
   */
  public static LossSpec fromJson(String json) {
    return SpecJson.read(json);
  }

  /**
   * The description with everything that {@link #fromJson} accepts for this preset; reading it
   * gives an equal value.
   */
  public String toJson() {
    return SpecJson.write(this);
  }

  /**
   * Refuses a value that the constructor took but that is no legal variant of its preset; {@link
   * #builder} and {@link #fromJson} give none such.
   *
   * @throws SpecException naming both fields
   */
  public void requireLegal() {
    SpecJson.requireLegal(this);
  }

  /** The number of values of one anchor in a cell: x, y, w, h, objectness and the classes. */
  public int attributes() {
    return 5 + classes;
  }

  /** Sets a preset's options; {@link #build} checks that they are legal. */
  public static final class Builder {
    private final SpecJson.Draft draft;

    private Builder(Preset preset) {
      draft = new SpecJson.Draft(preset);
    }

    public Builder classes(int classes) {
      draft.classes(classes);
      return this;
    }

    public Builder heads(Heads heads) {
      draft.heads(heads);
      return this;
    }

    /**
     * Sets an option by its path in the JSON, for example {@code
     * option("objectness.positiveWeight", 2.0)}.
     *
     * @param path one of {@link Preset#options()}
     * @param value a number, a boolean, an enum constant or a list of numbers
     */
    public Builder option(String path, Object value) {
      draft.option(path, value);
      return this;
    }

    /**
     * Builds the description.
     *
     * @throws SpecException if an option is not the preset's or out of range
     */
    public LossSpec build() {
      return draft.bind();
    }
  }
}
