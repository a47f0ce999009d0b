package dev.yololoss.trainer.evaluate;

/**
 * The average precision of one class; the four averages are 0 to 1, and NaN when the class has no
 * truths to find.
 *
 * @param category class index, from 0
 * @param truths boxes to find, the ignored ones not among them
 * @param ignoredTruths boxes that need not be found
 * @param detections detections taken into account
 * @param hits50 how many of them match a truth at IoU 0.5
 * @param ignored50 how many of them match only an ignored truth at IoU 0.5
 * @param at50 101-point average at IoU 0.5
 * @param at50To95 mean of the 101-point averages at IoU 0.50, 0.55, ... 0.95
 * @param voc07 11-point average at IoU 0.5
 * @param voc10 area below the curve at IoU 0.5
 */
public record CategoryPrecision(
    int category,
    int truths,
    int ignoredTruths,
    int detections,
    int hits50,
    int ignored50,
    double at50,
    double at50To95,
    double voc07,
    double voc10) {}
