/** The structures that Java shares with C++, whether that runs on the CPU or on a GPU. */
package dev.yololoss.layout;
