package dev.yololoss.trainer.report;

/**
 * The loss of one step or the mean over an epoch; NaN and infinity are possible and are shown.
 *
 * @param total what is minimised: the weighted sum of the parts
 */
public record Losses(double total, double box, double objectness, double classification) {}
