package dev.yololoss.trainer.report;

import java.util.Locale;

/** Running means over the steps of the epoch under way; losses are weighted by images. */
final class EpochSoFar {
  private long images;
  private double seconds;
  private double lossSeconds;
  private double box;
  private double objectness;
  private double classification;

  void add(StepReport step) {
    images += step.images();
    seconds += step.seconds();
    lossSeconds += step.lossSeconds();
    box += step.images() * step.losses().box();
    objectness += step.images() * step.losses().objectness();
    classification += step.images() * step.losses().classification();
  }

  /** One phrase; before the first step it says NaN rather than 0. */
  String inWords() {
    return in("box %.4g  obj %.4g  cls %.4g  %.1f images/s  loss %.1f %% of step");
  }

  /** The same in some 40 characters, to fit beside a bar on a narrow terminal. */
  String inShort() {
    return in("box %.3g obj %.3g cls %.3g %.0f img/s loss %.0f%%");
  }

  private String in(String format) {
    return String.format(
        Locale.ROOT,
        format,
        box / images,
        objectness / images,
        classification / images,
        images / seconds,
        100 * lossSeconds / seconds);
  }
}
