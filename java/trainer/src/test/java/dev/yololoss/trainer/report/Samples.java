package dev.yololoss.trainer.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Made-up runs. */
final class Samples {
  private Samples() {}

  static EpochReport report(int epoch, Losses losses, Precision precision) {
    return new EpochReport(
        epoch,
        0.001,
        losses,
        new Matches(1234, 56, 0.61, 0.72, 0.31, 0.55, 0.0125, 0.25),
        new Pace(812.5, 0.043, 17.25),
        precision,
        List.of());
  }

  /** Falling losses, rising precision, evaluated each second epoch. */
  static List<EpochReport> run(int epochs, long seed) {
    Random random = new Random(seed);
    List<EpochReport> reports = new ArrayList<>();
    for (int epoch = 1; epoch <= epochs; epoch++) {
      double noise = 1 + 0.06 * random.nextGaussian();
      double box = noise * (0.4 + 5 * Math.exp(-epoch / 9.0));
      double objectness = noise * (0.8 + 60 * Math.exp(-epoch / 4.0));
      double classification = noise * (0.12 + 3 * Math.exp(-epoch / 12.0));
      double map50 = noise * 0.7 * (1 - Math.exp(-epoch / 10.0));
      reports.add(
          report(
              epoch,
              new Losses(box + objectness + classification, box, objectness, classification),
              epoch % 2 == 0
                  ? new Precision(map50, 0.55 * map50, 0.97 * map50)
                  : Precision.NOT_EVALUATED));
    }
    return reports;
  }
}
