/** A run as a file: everything that decides how it goes on. */
package dev.yololoss.trainer.checkpoint;
