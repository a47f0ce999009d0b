/**
 * Labelled images: reading and checking data sets, generated shapes, and batches for the network.
 *
 * <p>{@link dev.yololoss.trainer.data.DetectionDataSet} is what a folder of photos or the shape
 * generator yields; {@link dev.yololoss.trainer.data.BatchLoader} turns its images into batches.
 */
package dev.yololoss.trainer.data;
