package dev.yololoss.trainer.report;

import dev.yololoss.trainer.evaluate.Detection;
import dev.yololoss.trainer.evaluate.TruthBox;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.Rectangle;
import java.awt.Shape;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** A picture in its cell, with its boxes and their tags. */
final class DrawnPicture {
  private static final Font TAG = new Font(Font.SANS_SERIF, Font.BOLD, 13);
  private static final int TAG_PADDING = 4;
  private static final BasicStroke SOLID = new BasicStroke(2.5f);
  private static final BasicStroke UNDERLAY = new BasicStroke(1.5f);
  private static final BasicStroke DASHED = dashes(5, 5);
  private static final BasicStroke DOTTED = dashes(1.5f, 4);

  private record Tag(String text, Color color, Rectangle place) {}

  private final Picture picture;
  private final List<String> categories;
  private final double scale;
  private final Rectangle area;
  private final List<Rectangle> taken = new ArrayList<>();

  /**
   * @param x left edge of the cell
   * @param y top edge of the cell
   */
  DrawnPicture(Picture picture, List<String> categories, int x, int y) {
    this.picture = picture;
    this.categories = categories;
    int imageWidth = picture.image().getWidth();
    int imageHeight = picture.image().getHeight();
    scale =
        Math.min(
            (double) PictureSheet.CELL_WIDTH / imageWidth,
            (double) PictureSheet.CELL_HEIGHT / imageHeight);
    int width = Math.max(1, (int) Math.round(imageWidth * scale));
    int height = Math.max(1, (int) Math.round(imageHeight * scale));
    area =
        new Rectangle(
            x + (PictureSheet.CELL_WIDTH - width) / 2,
            y + (PictureSheet.CELL_HEIGHT - height) / 2,
            width,
            height);
  }

  void draw(Graphics2D graphics) {
    Shape clip = graphics.getClip();
    graphics.clip(area);
    graphics.drawImage(picture.image(), area.x, area.y, area.width, area.height, null);
    picture.detections().forEach(detection -> drawBox(graphics, detection));
    picture.truths().forEach(truth -> drawTruth(graphics, truth));
    // The surest detection has the first choice of place for its tag, and is drawn last: on top.
    picture.detections().stream()
        .sorted(Comparator.comparingDouble(Detection::score).reversed())
        .map(detection -> placeTag(graphics, detection))
        .toList()
        .reversed()
        .forEach(tag -> drawTag(graphics, tag));
    graphics.setClip(clip);
  }

  private void drawBox(Graphics2D graphics, Detection detection) {
    graphics.setStroke(SOLID);
    graphics.setColor(CategoryColor.of(detection.category()));
    graphics.draw(place(detection));
  }

  private void drawTruth(Graphics2D graphics, TruthBox truth) {
    // White below black dashes: one of the two shows on any picture.
    Rectangle box = onSheet(truth.left(), truth.top(), truth.right(), truth.bottom());
    graphics.setStroke(UNDERLAY);
    graphics.setColor(Color.WHITE);
    graphics.draw(box);
    graphics.setStroke(truth.ignored() ? DOTTED : DASHED);
    graphics.setColor(Color.BLACK);
    graphics.draw(box);
  }

  private Tag placeTag(Graphics2D graphics, Detection detection) {
    graphics.setFont(TAG);
    String text =
        String.format(
            Locale.ROOT, "%s %.2f", categories.get(detection.category()), detection.score());
    int width = graphics.getFontMetrics().stringWidth(text) + 2 * TAG_PADDING;
    int height = graphics.getFontMetrics().getHeight();
    Rectangle place = freePlace(place(detection), width, height);
    taken.add(place);
    return new Tag(text, CategoryColor.of(detection.category()), place);
  }

  private static void drawTag(Graphics2D graphics, Tag tag) {
    graphics.setFont(TAG);
    graphics.setColor(tag.color());
    graphics.fill(tag.place());
    graphics.setColor(CategoryColor.textOn(tag.color()));
    graphics.drawString(
        tag.text(),
        tag.place().x + TAG_PADDING,
        tag.place().y + graphics.getFontMetrics().getAscent());
  }

  /** Above the box, else inside, below, at its foot: the first place inside that is still free. */
  private Rectangle freePlace(Rectangle box, int width, int height) {
    int left = Math.clamp(box.x - 1, area.x, Math.max(area.x, area.x + area.width - width));
    int top = area.y;
    int bottom = area.y + area.height - height;
    List<Rectangle> inside =
        Stream.of(box.y - height, box.y, box.y + box.height, box.y + box.height - height)
            .filter(y -> y >= top && y <= bottom)
            .map(y -> new Rectangle(left, y, width, height))
            .toList();
    return inside.stream()
        .filter(place -> taken.stream().noneMatch(place::intersects))
        .findFirst()
        .orElseGet(
            () -> inside.isEmpty() ? new Rectangle(left, top, width, height) : inside.getFirst());
  }

  private Rectangle place(Detection detection) {
    return onSheet(detection.left(), detection.top(), detection.right(), detection.bottom());
  }

  private Rectangle onSheet(double left, double top, double right, double bottom) {
    int x = area.x + inRange(left, area.width);
    int y = area.y + inRange(top, area.height);
    // The last pixel that belongs to the box, so that a box on the picture's edge stays visible.
    int lastX = area.x + inRange(right, area.width) - 1;
    int lastY = area.y + inRange(bottom, area.height) - 1;
    return new Rectangle(x, y, Math.max(0, lastX - x), Math.max(0, lastY - y));
  }

  /** Scaled to the sheet; kept within a picture's size of the picture, where nothing shows. */
  private int inRange(double pixels, int size) {
    return (int) Math.round(Math.clamp(pixels * scale, -size, 2.0 * size));
  }

  private static BasicStroke dashes(float on, float off) {
    return new BasicStroke(
        1.5f, BasicStroke.CAP_BUTT, BasicStroke.JOIN_MITER, 10, new float[] {on, off}, 0);
  }
}
