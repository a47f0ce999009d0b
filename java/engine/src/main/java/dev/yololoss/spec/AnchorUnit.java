package dev.yololoss.spec;

/** What an anchor's numbers are measured in. */
public enum AnchorUnit {
  /** Pixels of the network's input: the same anchor at every image size. */
  PIXELS,
  /**
   * Fractions of the image: anchors that grow with the image in multi-scale training
   * (zjykzj/YOLOv2's experiment: anchors relative to the image, times the grid size).
   */
  IMAGE
}
