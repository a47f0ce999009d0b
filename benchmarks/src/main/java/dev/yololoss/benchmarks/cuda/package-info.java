/**
 * How long a loss takes on a GPU: calls, kernels, bytes, beside what copying memory takes there.
 */
package dev.yololoss.benchmarks.cuda;
