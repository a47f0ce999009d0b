/**
 * Which labels a prediction disagrees with: the loss of each image and label, and confident
 * predictions where nothing is labelled.
 */
package dev.yololoss.trainer.audit;
