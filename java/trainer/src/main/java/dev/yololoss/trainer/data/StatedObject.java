package dev.yololoss.trainer.data;

/** One object of a label file, before it is known whether it can be used. */
sealed interface StatedObject {
  /** Counted from 1. */
  int line();

  /** Counted from 1 within the file. */
  int object();

  /**
   * An object whose numbers could be read.
   *
   * @param line of the box
   * @param label the class as the file states it: a name or a number
   * @param labelLine of the class
   */
  record Box(int line, int object, String label, int labelLine, Geometry geometry, boolean ignored)
      implements StatedObject {}

  /** An object that could not be read. */
  record Unreadable(int line, int object, String what) implements StatedObject {}
}
