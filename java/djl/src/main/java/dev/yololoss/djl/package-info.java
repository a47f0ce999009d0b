/** The loss inside DJL's autograd on PyTorch: heads in, gradients out, without copies. */
package dev.yololoss.djl;
