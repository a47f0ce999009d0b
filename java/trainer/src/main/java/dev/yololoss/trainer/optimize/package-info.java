/** How parameters move: optimisers whose state can be stored, and learning rates over a run. */
package dev.yololoss.trainer.optimize;
