package dev.yololoss.trainer.report;

/**
 * How fast an epoch went.
 *
 * @param imagesPerSecond images trained on per second of training
 * @param lossShare the loss's part of the step time, 0 to 1
 * @param seconds the whole epoch, evaluation included
 */
public record Pace(double imagesPerSecond, double lossShare, double seconds) {}
