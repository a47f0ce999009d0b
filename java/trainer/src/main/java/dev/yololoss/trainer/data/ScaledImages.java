package dev.yololoss.trainer.data;

import java.awt.image.BufferedImage;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Images scaled to the size of the network, kept in memory as bytes while the budget lasts: a photo
 * is decoded once a run and not once an epoch. What no longer fits is decoded every time.
 *
 * <p>Safe for use by several threads.
 */
public final class ScaledImages {
  private final int size;
  private final long budgetBytes;
  private final AtomicLong usedBytes = new AtomicLong();
  private final Map<ImageSource, BufferedImage> kept = new ConcurrentHashMap<>();

  /**
   * @param size side of the network input, in pixels; at least 1
   * @param budgetBytes the most memory to keep images in; 0 keeps none
   */
  public ScaledImages(int size, long budgetBytes) {
    if (size < 1 || budgetBytes < 0) {
      throw new IllegalArgumentException(
          "size %d, budget %d; must be at least 1 and 0".formatted(size, budgetBytes));
    }
    this.size = size;
    this.budgetBytes = budgetBytes;
  }

  /** Side of the network input, in pixels. */
  public int size() {
    return size;
  }

  /** Memory the kept images take. */
  public long usedBytes() {
    return usedBytes.get();
  }

  /** The image without padding, its longer side as long as the network input. */
  BufferedImage get(LabelledImage image, ImageScaler scaler) {
    BufferedImage known = kept.get(image.source());
    if (known != null) {
      return known;
    }
    RgbImage original = image.source().decode();
    if (original.width() != image.width() || original.height() != image.height()) {
      throw new DataException(
          "%s: the image is %d x %d now, and was %d x %d when its labels were read"
              .formatted(
                  image.name(),
                  original.width(),
                  original.height(),
                  image.width(),
                  image.height()));
    }
    var letterbox = new Letterbox(image.width(), image.height(), size);
    BufferedImage scaled =
        scaler.resize(original, letterbox.scaledWidth(), letterbox.scaledHeight());
    int bytes = 3 * scaled.getWidth() * scaled.getHeight();
    if (usedBytes.addAndGet(bytes) > budgetBytes
        || kept.putIfAbsent(image.source(), scaled) != null) {
      usedBytes.addAndGet(-bytes);
    }
    return scaled;
  }
}
