/** The engine's losses inside DJL's PyTorch engine. */
package dev.yololoss.djl;
