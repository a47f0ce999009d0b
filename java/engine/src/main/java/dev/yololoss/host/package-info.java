/**
 * The NATIVE backend: C++ on the cores of this machine, called through {@code java.lang.foreign}.
 */
package dev.yololoss.host;
