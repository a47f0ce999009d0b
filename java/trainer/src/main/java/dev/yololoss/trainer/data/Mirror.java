package dev.yololoss.trainer.data;

/** Whether an image is shown as in a mirror. */
enum Mirror {
  NONE,
  LEFT_RIGHT
}
