package dev.yololoss.trainer.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.FileImageInputStream;
import javax.imageio.stream.ImageInputStream;

/**
 * An image in a file: JPEG, PNG, BMP or GIF. Alpha is dropped, grey is repeated in the three
 * channels; an EXIF rotation is not applied.
 */
public record ImageFile(Path path) implements ImageSource {
  private static final Set<String> ENDINGS = Set.of("jpg", "jpeg", "png", "bmp", "gif");

  /** Width and height in pixels. */
  record Size(int width, int height) {
    @Override
    public String toString() {
      return width + " x " + height;
    }
  }

  static boolean isImage(Path path) {
    String name = path.getFileName().toString();
    return ENDINGS.contains(name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT));
  }

  /** {@inheritDoc} A file that ends early is an error, never a picture half grey. */
  @Override
  public RgbImage decode() {
    return read(
        reader -> {
          List<String> damage = new ArrayList<>();
          reader.addIIOReadWarningListener(
              (source, warning) -> {
                if (isDamage(warning)) {
                  damage.add(warning);
                }
              });
          RgbImage image = RgbConversion.of(reader.read(0));
          if (!damage.isEmpty()) {
            throw new IOException(damage.getFirst());
          }
          return image;
        });
  }

  /** Reads the header alone. */
  Size size() {
    return read(reader -> new Size(reader.getWidth(0), reader.getHeight(0)));
  }

  private interface Reading<T> {
    T from(ImageReader reader) throws IOException;
  }

  private <T> T read(Reading<T> reading) {
    if (!Files.isRegularFile(path)) {
      throw new DataException(path + ": no such file");
    }
    // Straight from the file: ImageIO would copy any other stream to a temporary file first.
    try (ImageInputStream input = new FileImageInputStream(path.toFile())) {
      Iterator<ImageReader> readers = ImageIO.getImageReaders(input);
      if (!readers.hasNext()) {
        throw new IOException("not a JPEG, PNG, BMP or GIF image");
      }
      ImageReader reader = readers.next();
      try {
        reader.setInput(input);
        return reading.from(reader);
      } finally {
        reader.dispose();
      }
    } catch (IOException e) {
      throw new DataException(path + ": cannot be decoded: " + e.getMessage(), e);
    } catch (RuntimeException e) {
      // The decoders of the JDK answer some damaged files with unchecked exceptions.
      throw new DataException(path + ": cannot be decoded: " + e, e);
    }
  }

  /** The JPEG decoder fills what is missing with grey and only warns. */
  private static boolean isDamage(String warning) {
    String lower = warning.toLowerCase(Locale.ROOT);
    return lower.contains("premature end")
        || (lower.contains("corrupt jpeg data") && !lower.contains("extraneous bytes"));
  }
}
