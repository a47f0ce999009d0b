package dev.yololoss.cuda;

/** What of the gradient a step has to clear: {@code ClearMode} in C++. */
enum ClearMode {
  NOTHING,
  /** What the last step into the engine's own gradients has written there. */
  WRITTEN,
  WHOLE
}
