package dev.yololoss.reference;

import dev.yololoss.Diagnostics;
import dev.yololoss.LossParts;
import dev.yololoss.Match;
import dev.yololoss.NonFinite;
import dev.yololoss.RawSums;
import dev.yololoss.backend.StepValues;
import java.util.List;
import java.util.Optional;

/** A step of the reference, all of it computed. */
record ReferenceStep(
    LossParts total,
    List<LossParts> perLayer,
    List<LossParts> perImage,
    List<RawSums> rawSums,
    Diagnostics diagnostics,
    List<Match> matches,
    double[] next)
    implements StepValues {
  @Override
  public Optional<NonFinite> firstNonFinite() {
    return diagnostics.firstNonFinite();
  }

  @Override
  public void nextBalance(double[] balance) {
    System.arraycopy(next, 0, balance, 0, balance.length);
  }
}
