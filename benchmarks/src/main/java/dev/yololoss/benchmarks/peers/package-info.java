/** The same work as other programs do it. */
package dev.yololoss.benchmarks.peers;
