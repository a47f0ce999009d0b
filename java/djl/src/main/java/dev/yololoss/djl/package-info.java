/**
 * The losses inside DJL's autograd on PyTorch: {@link dev.yololoss.djl.YoloLoss} for DJL's own
 * loops, {@link dev.yololoss.djl.LossStep} for loops of one's own. Heads in, gradients out, without
 * copies.
 */
package dev.yololoss.djl;
