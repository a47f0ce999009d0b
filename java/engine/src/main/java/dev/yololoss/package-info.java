/** The public API of the loss engine. */
package dev.yololoss;
