package dev.yololoss.trainer.data;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;

/** Writes small data sets. */
record Fixture(Path folder) {

  Path file(String name, String... lines) {
    Path file = folder.resolve(name);
    try {
      Files.createDirectories(file.getParent());
      return Files.write(file, List.of(lines));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  Path bytes(String name, byte[] bytes) {
    Path file = file(name);
    try {
      return Files.write(file, bytes);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** A plain image; JPEG or PNG by the ending of the name. */
  Path image(String name, int width, int height) {
    return image(name, new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB));
  }

  Path image(String name, BufferedImage picture) {
    Path file = file(name);
    try {
      String format = name.substring(name.lastIndexOf('.') + 1);
      if (!ImageIO.write(picture, format, file.toFile())) {
        throw new AssertionError("no writer for " + format);
      }
      return file;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  static RgbImage black(int width, int height) {
    return new RgbImage(width, height, new byte[3 * width * height]);
  }

  /** A VOC file whose n-th object stands on lines 6n to 6n + 5. */
  Path voc(String name, int width, int height, String... objects) {
    String size = "<size><width>%d</width><height>%d</height></size>".formatted(width, height);
    return file(
        name,
        "<?xml version=\"1.0\"?>",
        "<annotation>",
        "<filename>x.jpg</filename>",
        size,
        "",
        String.join("\n", objects),
        "</annotation>");
  }

  /** Six lines; the name on the second, the box on the fourth. */
  static String object(String name, Object xmin, Object ymin, Object xmax, Object ymax) {
    return object(name, 0, xmin, ymin, xmax, ymax);
  }

  static String object(
      String name, int difficult, Object xmin, Object ymin, Object xmax, Object ymax) {
    return String.join(
        "\n",
        "<object>",
        "<name>" + name + "</name>",
        "<difficult>" + difficult + "</difficult>",
        "<bndbox><xmin>%s</xmin><ymin>%s</ymin><xmax>%s</xmax><ymax>%s</ymax>"
            .formatted(xmin, ymin, xmax, ymax),
        "</bndbox>",
        "</object>");
  }

  DetectionDataSet read() {
    DetectionDataSet dataSet = new DataSetReader(7, ImageCheck.HEADER).read(folder);
    Books.assertBalanced(dataSet);
    return dataSet;
  }

  List<String> problems() {
    return read().report().problems().stream().map(LabelProblem::toString).toList();
  }
}
