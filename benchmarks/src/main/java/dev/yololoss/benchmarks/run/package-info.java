/** Runs chosen benchmarks and writes what they say as data, table and picture. */
package dev.yololoss.benchmarks.run;
