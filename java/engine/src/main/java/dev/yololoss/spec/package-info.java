/**
 * A loss as a value: one record per question a YOLO loss answers, and the presets that answer them
 * all.
 *
 * <p>The formulas and their sources stand with the enum constants.
 */
package dev.yololoss.spec;
