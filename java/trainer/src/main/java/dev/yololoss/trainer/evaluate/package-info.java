/** Detections held against the truth: non-maximum suppression and mean average precision. */
package dev.yololoss.trainer.evaluate;
