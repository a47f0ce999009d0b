/** How long a loss and its parts take, and how long memory alone would. */
package dev.yololoss.benchmarks;
