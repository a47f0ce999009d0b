package dev.yololoss.trainer.data;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/** Reads a folder in whichever layout it has. */
record DataSetReader(long seed, ImageCheck check) {
  private static final List<Layout> LAYOUTS =
      List.of(new VocLayout(), new CocoLayout(), new YoloLayout());

  /**
   * @throws DataException if the folder has none of the layouts
   */
  DetectionDataSet read(Path given) {
    Path folder = given.toAbsolutePath().normalize();
    if (!Files.isDirectory(folder)) {
      throw new DataException(folder + ": no such folder");
    }
    for (Layout layout : LAYOUTS) {
      if (layout.recognises(folder)) {
        return layout.read(folder, seed, new LabelCollector(folder, check));
      }
    }
    throw new DataException(
        LAYOUTS.stream()
            .map(Layout::description)
            .collect(
                Collectors.joining(
                    "\n  ", folder + ": not a data set; looked for one of\n  ", "")));
  }
}
