package dev.yololoss.trainer.report;

import dev.yololoss.trainer.files.AtomicFile;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * A contact sheet of up to 12 images with the boxes that are there and the boxes that were found.
 *
 * <p>Truths are thin dashed lines, black on white, dotted where ignored; detections are solid, in a
 * colour that belongs to their class, with a tag such as "dog 0.87". Each image is scaled to fit a
 * cell of 400 x 300 pixels.
 */
public final class PictureSheet {
  /** How many images one sheet can show. */
  public static final int MOST_PICTURES = 12;

  static final int CELL_WIDTH = 400;
  static final int CELL_HEIGHT = 300;
  static final int CAPTION_HEIGHT = 26;
  static final int GAP = 14;
  static final int KEY_HEIGHT = 22;

  private static final Color PAPER = Color.WHITE;
  private static final Color FAINT_INK = new Color(0x7A808A);
  private static final Color BEHIND_PICTURE = new Color(0xEEF0F3);
  private static final String KEY = "solid: found    dashed: truth    dotted: ignored truth";
  private static final Font CAPTION = new Font(Font.SANS_SERIF, Font.PLAIN, 14);

  private final List<String> categories;

  /**
   * @param categories the classes' names, by class index
   */
  public PictureSheet(List<String> categories) {
    this.categories = List.copyOf(categories);
  }

  /**
   * Draws the images in rows, in the order given.
   *
   * @param file a PNG
   * @return the file
   * @throws IllegalArgumentException if there are no images or more than 12, or a box's class has
   *     no name
   */
  public Path write(Path file, List<Picture> pictures) throws IOException {
    return AtomicFile.writePng(file, draw(pictures));
  }

  /**
   * The sheet in memory.
   *
   * @throws IllegalArgumentException as {@link #write}
   */
  public BufferedImage draw(List<Picture> pictures) {
    if (pictures.isEmpty() || pictures.size() > MOST_PICTURES) {
      throw new IllegalArgumentException(
          pictures.size() + " pictures: a sheet shows 1 to " + MOST_PICTURES);
    }
    pictures.forEach(this::checkNames);
    int columns = columns(pictures.size());
    int rows = Math.ceilDiv(pictures.size(), columns);
    BufferedImage sheet =
        new BufferedImage(
            GAP + columns * (CELL_WIDTH + GAP),
            GAP + rows * (CELL_HEIGHT + CAPTION_HEIGHT + GAP) + KEY_HEIGHT,
            BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = smooth(sheet.createGraphics());
    try {
      graphics.setColor(PAPER);
      graphics.fillRect(0, 0, sheet.getWidth(), sheet.getHeight());
      for (int i = 0; i < pictures.size(); i++) {
        int x = GAP + i % columns * (CELL_WIDTH + GAP);
        int y = GAP + i / columns * (CELL_HEIGHT + CAPTION_HEIGHT + GAP);
        drawCell(graphics, pictures.get(i), x, y);
      }
      graphics.setColor(FAINT_INK);
      graphics.drawString(KEY, GAP, sheet.getHeight() - GAP);
    } finally {
      graphics.dispose();
    }
    return sheet;
  }

  /** 1, 2 and 3 in a row, 4 as a square, then rows of 3, and of 4 from seven images on. */
  static int columns(int pictures) {
    return switch (pictures) {
      case 1 -> 1;
      case 2, 4 -> 2;
      case 3, 5, 6, 9 -> 3;
      default -> 4;
    };
  }

  private void drawCell(Graphics2D graphics, Picture picture, int x, int y) {
    graphics.setColor(BEHIND_PICTURE);
    graphics.fillRect(x, y, CELL_WIDTH, CELL_HEIGHT);
    new DrawnPicture(picture, categories, x, y).draw(graphics);
    graphics.setFont(CAPTION);
    graphics.setColor(ChartStyle.INK);
    String caption = shortened(graphics, picture.caption());
    graphics.drawString(caption, x, y + CELL_HEIGHT + CAPTION_HEIGHT - 8);
  }

  private static String shortened(Graphics2D graphics, String text) {
    String rest = text;
    while (graphics.getFontMetrics().stringWidth(rest) > CELL_WIDTH) {
      rest = rest.substring(0, rest.length() - 2) + "…";
    }
    return rest;
  }

  private void checkNames(Picture picture) {
    picture.detections().forEach(d -> checkName(picture, d.category()));
    picture.truths().forEach(t -> checkName(picture, t.category()));
  }

  private void checkName(Picture picture, int category) {
    if (category >= categories.size()) {
      throw new IllegalArgumentException(
          "%s: category %d has no name; there are %d names"
              .formatted(picture.caption(), category, categories.size()));
    }
  }

  private static Graphics2D smooth(Graphics2D graphics) {
    graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    graphics.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    graphics.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BICUBIC);
    // Box edges must stay on whole pixels, or a thin line blurs into two pale ones.
    graphics.setRenderingHint(
        RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_NORMALIZE);
    return graphics;
  }
}
