/** Which loss? The same network trained with each of several losses, and a report. */
package dev.yololoss.trainer.compare;
