package dev.yololoss.backend;

import dev.yololoss.Diagnostics;
import dev.yololoss.LossParts;
import dev.yololoss.Match;
import dev.yololoss.RawSums;
import java.util.List;

/**
 * What one step gives.
 *
 * @param nextBalance the balance after this step
 */
public record StepValues(
    LossParts total,
    List<LossParts> perLayer,
    List<LossParts> perImage,
    List<RawSums> rawSums,
    Diagnostics diagnostics,
    List<Match> matches,
    double[] nextBalance) {}
