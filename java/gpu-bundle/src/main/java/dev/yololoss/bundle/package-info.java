/** Programs of the GPU bundle: what its script runs. */
package dev.yololoss.bundle;
