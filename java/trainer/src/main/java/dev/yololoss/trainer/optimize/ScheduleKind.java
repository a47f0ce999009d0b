package dev.yololoss.trainer.optimize;

/** The shape of a learning rate over a run. */
public enum ScheduleKind {
  /** Down along half a cosine from the peak to a hundredth of it; one cycle, with its warm-up. */
  COSINE,
  /** The peak throughout. */
  CONSTANT,
  /** The peak, times a factor at each of some epochs. */
  STEP,
  /** Up as a power of the step and down as its inverse: YOLOv3 from scratch. */
  POWER
}
