/**
 * The training harness: a small network, its loss from the engine, and what a run leaves behind.
 */
package dev.yololoss.trainer.train;
