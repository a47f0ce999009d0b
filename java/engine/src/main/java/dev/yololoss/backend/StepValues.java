package dev.yololoss.backend;

import dev.yololoss.Diagnostics;
import dev.yololoss.LossParts;
import dev.yololoss.Match;
import dev.yololoss.NonFinite;
import dev.yololoss.RawSums;
import java.util.List;
import java.util.Optional;

/**
 * What one step gives; asked for at most until the next step. A backend that computes beside Java
 * waits here, and throws what went wrong.
 */
public interface StepValues {
  LossParts total();

  List<LossParts> perLayer();

  List<LossParts> perImage();

  List<RawSums> rawSums();

  Diagnostics diagnostics();

  List<Match> matches();

  /** The first NaN or infinity; does not throw because of it. */
  Optional<NonFinite> firstNonFinite();

  /** Writes the balance after this step over the one before it. */
  void nextBalance(double[] balance);
}
