package dev.yololoss.trainer.train;

import dev.yololoss.trainer.events.EventFile;
import dev.yololoss.trainer.files.AtomicFile;
import dev.yololoss.trainer.report.EpochReport;
import dev.yololoss.trainer.report.Losses;
import dev.yololoss.trainer.report.Matches;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;

/** A run for TensorBoard; all curves are over the steps of the run. */
final class RunEvents implements AutoCloseable {
  private final EventFile file;
  private final int stepsPerEpoch;

  private RunEvents(EventFile file, int stepsPerEpoch) {
    this.file = file;
    this.stepsPerEpoch = stepsPerEpoch;
  }

  /**
   * @param afterEpoch the last epoch that counts, 0 for a new run
   */
  static RunEvents start(Path folder, int afterEpoch, int stepsPerEpoch) throws IOException {
    long firstStep = (long) afterEpoch * stepsPerEpoch + 1;
    return new RunEvents(EventFile.start(folder, firstStep, Clock.systemUTC()), stepsPerEpoch);
  }

  Path path() {
    return file.path();
  }

  void step(long step, double loss, double learningRate) throws IOException {
    file.scalar(step, "step/loss", loss).scalar(step, "step/learning_rate", learningRate);
  }

  void epoch(EpochReport report) throws IOException {
    long step = (long) report.epoch() * stepsPerEpoch;
    losses(step, "loss", report.losses());
    for (int layer = 0; layer < report.layers().size(); layer++) {
      losses(step, "layer" + layer, report.layers().get(layer));
    }
    Matches matches = report.matches();
    file.scalar(step, "matches/positives", matches.positives())
        .scalar(step, "matches/ignored", matches.ignored())
        .scalar(step, "matches/mean_iou", matches.meanIoU())
        .scalar(step, "matches/recall50", matches.recall50())
        .scalar(step, "matches/recall75", matches.recall75())
        .scalar(step, "matches/objectness_on_matches", matches.objectnessOnMatches())
        .scalar(step, "matches/objectness_elsewhere", matches.objectnessElsewhere())
        .scalar(step, "matches/assignment_churn", matches.churn())
        .scalar(step, "validation/mAP50", report.precision().map50())
        .scalar(step, "validation/mAP50_95", report.precision().map50To95())
        .scalar(step, "validation/mAP_voc07", report.precision().mapVoc07())
        .scalar(step, "pace/images_per_second", report.pace().imagesPerSecond())
        .scalar(step, "pace/loss_share", report.pace().lossShare())
        .scalar(step, "epoch", report.epoch());
    file.flush();
  }

  private void losses(long step, String group, Losses losses) throws IOException {
    file.scalar(step, group + "/total", losses.total())
        .scalar(step, group + "/box", losses.box())
        .scalar(step, group + "/objectness", losses.objectness())
        .scalar(step, group + "/classification", losses.classification());
  }

  void pictures(int epoch, BufferedImage sheet) throws IOException {
    file.image(
        (long) epoch * stepsPerEpoch,
        "validation",
        sheet.getWidth(),
        sheet.getHeight(),
        AtomicFile.png(sheet));
    file.flush();
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
