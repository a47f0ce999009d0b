package dev.yololoss.trainer.report;

import java.util.Locale;

/** A finished epoch in one line. */
final class EpochLine {
  private EpochLine() {}

  static String of(EpochReport report, int epochs) {
    Losses losses = report.losses();
    Pace pace = report.pace();
    String line =
        String.format(
            Locale.ROOT,
            "epoch %d/%d  loss %.4g (box %.4g  obj %.4g  cls %.4g)  %.1f images/s"
                + "  loss %.1f %% of step  %.1f s",
            report.epoch(),
            epochs,
            losses.total(),
            losses.box(),
            losses.objectness(),
            losses.classification(),
            pace.imagesPerSecond(),
            100 * pace.lossShare(),
            pace.seconds());
    Precision precision = report.precision();
    return Double.isNaN(precision.map50())
        ? line
        : line
            + String.format(
                Locale.ROOT,
                "  mAP50 %.4f  mAP50-95 %.4f",
                precision.map50(),
                precision.map50To95());
  }
}
