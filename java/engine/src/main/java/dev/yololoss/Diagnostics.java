package dev.yololoss;

import java.util.List;
import java.util.Optional;

/**
 * What a step looked like beside its loss. A mean over nothing is NaN.
 *
 * @param positives rows of the assignment
 * @param collisions rows minus distinct slots
 * @param ignored slots that pay nothing because of the ignore rule
 * @param meanIou mean plain IoU of predicted box and target over the rows
 * @param recall50 share of the targets whose best match has a plain IoU of at least 0.5
 * @param recall75 likewise 0.75
 * @param objectnessOnMatches mean predicted objectness of the matched slots
 * @param objectnessElsewhere mean predicted objectness of all other slots that pay for it
 * @param firstNonFinite the first NaN or infinity, if the policy let it pass
 * @param deltaTallies darknet's counters, a row per layer; empty for other presets
 */
public record Diagnostics(
    int positives,
    int collisions,
    long ignored,
    double meanIou,
    double recall50,
    double recall75,
    double objectnessOnMatches,
    double objectnessElsewhere,
    Optional<NonFinite> firstNonFinite,
    List<DeltaTally> deltaTallies) {}
