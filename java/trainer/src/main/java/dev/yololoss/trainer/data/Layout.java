package dev.yololoss.trainer.data;

import java.nio.file.Path;

/** One way of laying out images and labels in a folder. */
interface Layout {
  /** What the folder must hold, for the reader of an error message. */
  String description();

  boolean recognises(Path folder);

  /**
   * Reads a folder this layout recognises.
   *
   * @param seed of the split, should the folder have none
   * @throws DataException if the folder as a whole cannot be used
   */
  DetectionDataSet read(Path folder, long seed, LabelCollector collector);
}
