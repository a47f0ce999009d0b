package dev.yololoss.spec;

/** What happens when several matches share an image, cell and anchor. */
public enum Collision {
  /** The last target takes the slot; the earlier ones pay nothing (YOLOv2). */
  LAST_WINS,
  /** The last target sets the box, the classes of all are asked for (YOLOv3). */
  UNITE_CLASSES,
  /**
   * Every match pays for box and class; the last one sets the objectness target (yolov5,
   * YOLOv3-from-scratch series).
   */
  ACCUMULATE,
  /**
   * Every match pays its share of the box term, the classes of all are asked for (darknet as an
   * ordinary loss).
   */
  AVERAGE_BOXES_UNITE_CLASSES,
  /**
   * darknet's deltas: boxes add up, the first match writes the classes, later ones add their own.
   */
  ADD_DELTAS
}
