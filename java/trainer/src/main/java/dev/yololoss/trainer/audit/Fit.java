package dev.yololoss.trainer.audit;

/** How an image was made the network's input. */
enum Fit {
  /**
   * Scaled until its longer side fills the square input, centred on grey: as {@code train} does.
   */
  LETTERBOX,
  /** Each side scaled to the input's. */
  STRETCH
}
