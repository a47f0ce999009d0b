package dev.yololoss.trainer.train;

/** How many bits the network's outputs have. */
public enum HeadType {
  /** 32, as the network computes. */
  F32,
  /**
   * 16: each output is rounded before the loss sees it, and its gradient on the way back, as in
   * mixed precision without loss scaling. Above 65504 there is infinity, below 6e-8 nothing.
   */
  F16
}
