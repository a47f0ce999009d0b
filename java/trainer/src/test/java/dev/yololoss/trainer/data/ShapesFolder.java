package dev.yololoss.trainer.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import javax.imageio.ImageIO;

/** Generated shapes as a folder with YOLO labels, for the command line. */
public final class ShapesFolder {
  private ShapesFolder() {}

  /** Writes small pictures, split into training and validation. */
  public static Path write(Path folder, int training, int validation, long seed) {
    DetectionDataSet shapes = new GeneratedShapes(training, validation, 96, 96, seed).dataSet();
    try {
      Files.createDirectories(folder);
      Files.write(folder.resolve("classes.txt"), shapes.classes());
      write(folder, "train", shapes.training());
      write(folder, "val", shapes.validation());
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return folder;
  }

  private static void write(Path folder, String part, List<LabelledImage> images)
      throws IOException {
    Path pictures = Files.createDirectories(folder.resolve("images").resolve(part));
    Path labels = Files.createDirectories(folder.resolve("labels").resolve(part));
    for (int i = 0; i < images.size(); i++) {
      LabelledImage image = images.get(i);
      String name = String.format(Locale.ROOT, "%03d", i);
      ImageIO.write(
          image.source().decode().toBufferedImage(),
          "png",
          pictures.resolve(name + ".png").toFile());
      String rows =
          image.boxes().stream()
              .map(
                  b ->
                      "%d %s %s %s %s"
                          .formatted(b.category(), b.centreX(), b.centreY(), b.width(), b.height()))
              .collect(Collectors.joining("\n", "", "\n"));
      Files.writeString(labels.resolve(name + ".txt"), rows);
    }
  }
}
