package dev.yololoss.reference;

/**
 * An overlap of two boxes.
 *
 * @param value the overlap
 * @param slope its derivative with respect to x, y, width and height of the first box
 */
record OverlapValue(double value, double[] slope) {}
