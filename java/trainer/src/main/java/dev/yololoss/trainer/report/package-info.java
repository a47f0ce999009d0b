/** What a training run shows and leaves behind: progress, metrics, curves and pictures. */
package dev.yololoss.trainer.report;
