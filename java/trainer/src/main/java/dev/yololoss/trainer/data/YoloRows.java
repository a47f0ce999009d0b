package dev.yololoss.trainer.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads one YOLO text file: rows of class, centre x, centre y, width, height. */
record YoloRows(Path path) {

  LabelFile read() {
    List<String> lines;
    try {
      lines = Folder.lines(path);
    } catch (DataException e) {
      var fault = new BadLabelException(0, e.getMessage().substring((path + ": ").length()));
      return new LabelFile(path, List.of(), Optional.empty(), Optional.of(fault));
    }
    List<StatedObject> objects = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      if (!lines.get(i).isBlank()) {
        objects.add(row(i + 1, objects.size() + 1, lines.get(i).strip().split("\\s+")));
      }
    }
    return new LabelFile(path, objects, Optional.empty(), Optional.empty());
  }

  private static StatedObject row(int line, int object, String[] values) {
    try {
      if (values.length != 5) {
        throw new BadLabelException(
            line, values.length + " values; must be 5: class, centre x, centre y, width, height");
      }
      if (!values[0].matches("[+-]?\\d{1,9}")) {
        throw new BadLabelException(line, "class '%s' is not a whole number".formatted(values[0]));
      }
      String label = Integer.toString(Integer.parseInt(values[0]));
      var box =
          new Geometry.Fractions(
              BadLabelException.number(line, "centre x", values[1]),
              BadLabelException.number(line, "centre y", values[2]),
              BadLabelException.number(line, "width", values[3]),
              BadLabelException.number(line, "height", values[4]));
      return new StatedObject.Box(line, object, label, line, box, false);
    } catch (BadLabelException e) {
      return new StatedObject.Unreadable(e.line(), object, e.getMessage());
    }
  }
}
