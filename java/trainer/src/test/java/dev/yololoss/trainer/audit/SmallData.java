package dev.yololoss.trainer.audit;

import dev.yololoss.spec.Heads;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Preset;
import dev.yololoss.trainer.safetensors.SafetensorsWriter;
import dev.yololoss.trainer.safetensors.TensorType;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import javax.imageio.ImageIO;

/**
 * Images of 64 x 64 pixels with labels in YOLO's layout, and predictions on a grid of 4 x 4 with
 * one anchor of 20 x 20: a logit of 0 puts a box of that size in the middle of its cell.
 */
record SmallData(Path folder) {
  static final LossSpec SPEC =
      LossSpec.builder(Preset.YOLOV5)
          .classes(2)
          .heads(Heads.builder().head(16, 20, 20).build())
          .build();
  static final int CHANNELS = 7;
  private static final int CELLS = 16;

  /** A box of 20 x 20 pixels that a prediction claims, in a cell's middle. */
  record Claim(int category, int row, int column) {
    /** The label that agrees with it. */
    String label() {
      return label(0);
    }

    /** The label moved to the right by some pixels. */
    String label(int pixels) {
      return "%d %s %s 0.3125 0.3125"
          .formatted(category, (16 * column + 8 + pixels) / 64.0, (16 * row + 8) / 64.0);
    }
  }

  Path image(String name, String... labels) throws IOException {
    Files.createDirectories(folder.resolve("images"));
    Files.createDirectories(folder.resolve("labels"));
    Files.writeString(folder.resolve("classes.txt"), "cat\ndog\n");
    Path image = folder.resolve("images/" + name + ".png");
    ImageIO.write(new BufferedImage(64, 64, BufferedImage.TYPE_INT_RGB), "png", image.toFile());
    Files.write(folder.resolve("labels/" + name + ".txt"), List.of(labels));
    return image;
  }

  /** Sure of each claim, and sure of nothing elsewhere. */
  static double[] heads(List<List<Claim>> images) {
    double[] values = new double[images.size() * CHANNELS * CELLS];
    for (int image = 0; image < images.size(); image++) {
      int start = image * CHANNELS * CELLS;
      Arrays.fill(values, start + 4 * CELLS, start + CHANNELS * CELLS, -8);
      for (Claim claim : images.get(image)) {
        int cell = start + 4 * claim.row + claim.column;
        values[cell + 4 * CELLS] = 8;
        values[cell + (5 + claim.category) * CELLS] = 8;
      }
    }
    return values;
  }

  static String names(String... names) {
    return Arrays.stream(names)
        .map(name -> "\"images/" + name + ".png\"")
        .collect(Collectors.joining(",", "[", "]"));
  }

  static SafetensorsWriter writer(String names, List<List<Claim>> images) {
    return new SafetensorsWriter()
        .metadata("spec", SPEC.toJson())
        .metadata("images", names)
        .add("pred.0", TensorType.F32, heads(images), images.size(), CHANNELS, 4, 4);
  }

  Path predictions(String file, String names, List<List<Claim>> images) throws IOException {
    Path path = folder.resolve(file);
    writer(names, images).write(path);
    return path;
  }
}
