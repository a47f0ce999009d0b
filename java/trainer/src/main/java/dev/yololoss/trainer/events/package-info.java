/** Event files, which TensorBoard draws: scalars and images over the steps of a run. */
package dev.yololoss.trainer.events;
