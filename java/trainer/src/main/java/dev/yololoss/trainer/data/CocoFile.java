package dev.yololoss.trainer.data;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads one COCO file as a stream, so that a file of half a gigabyte needs no more memory than its
 * boxes, and every entry keeps its line.
 */
final class CocoFile {
  /** An entry of {@code images}; sizes of 0 are not stated. */
  record Image(int line, String id, String fileName, int width, int height) {}

  /** An entry of {@code annotations}: the image it belongs to and what it states. */
  record Annotation(String id, int line, String imageId, StatedObject object) {}

  /** An entry of {@code categories}. */
  record Category(int line, long id, String name) {}

  /** A number or text that stands where one is expected. */
  private record Value(int line, String text) {}

  private final Path path;
  private final List<Image> images = new ArrayList<>();
  private final List<Annotation> annotations = new ArrayList<>();
  private final List<Category> categories = new ArrayList<>();
  private final List<BadLabelException> badEntries = new ArrayList<>();
  private Optional<BadLabelException> fault = Optional.empty();

  private CocoFile(Path path) {
    this.path = path;
  }

  static CocoFile read(Path path) {
    var file = new CocoFile(path);
    // Python writes NaN; it is to be reported as a bad number, not as bad JSON.
    JsonFactory json =
        JsonFactory.builder().enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS).build();
    try (JsonParser parser = json.createParser(path.toFile())) {
      file.document(parser);
    } catch (JsonProcessingException e) {
      int line = e.getLocation() == null ? 0 : e.getLocation().getLineNr();
      String what = "not well-formed JSON: " + e.getOriginalMessage();
      file.fault = Optional.of(new BadLabelException(line, what));
    } catch (BadLabelException e) {
      file.fault = Optional.of(e);
    } catch (IOException e) {
      String what = "cannot be read: " + e.getMessage();
      file.fault = Optional.of(new BadLabelException(0, what));
    }
    return file;
  }

  Path path() {
    return path;
  }

  List<Image> images() {
    return images;
  }

  List<Annotation> annotations() {
    return annotations;
  }

  List<Category> categories() {
    return categories;
  }

  /** Entries of images or categories that cannot be used. */
  List<BadLabelException> badEntries() {
    return badEntries;
  }

  /** Why the file as a whole cannot be used; then the lists hold what stands before the fault. */
  Optional<BadLabelException> fault() {
    return fault;
  }

  private void document(JsonParser parser) throws IOException, BadLabelException {
    if (parser.nextToken() != JsonToken.START_OBJECT) {
      throw new BadLabelException(1, "not an object with images, annotations and categories");
    }
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String section = parser.currentName();
      parser.nextToken();
      switch (section) {
        case "images" -> entries(parser, section, this::image);
        case "annotations" -> entries(parser, section, this::annotation);
        case "categories" -> entries(parser, section, this::category);
        default -> parser.skipChildren();
      }
    }
  }

  private interface Entry {
    void read(JsonParser parser) throws IOException, BadLabelException;
  }

  private void entries(JsonParser parser, String section, Entry entry)
      throws IOException, BadLabelException {
    if (parser.currentToken() != JsonToken.START_ARRAY) {
      throw new BadLabelException(line(parser), section + " must be an array");
    }
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      if (parser.currentToken() != JsonToken.START_OBJECT) {
        throw new BadLabelException(line(parser), section + " must hold objects only");
      }
      entry.read(parser);
    }
  }

  private void image(JsonParser parser) throws IOException {
    int line = line(parser);
    Value id = null;
    Value fileName = null;
    Value width = null;
    Value height = null;
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String name = parser.currentName();
      parser.nextToken();
      switch (name) {
        case "id" -> id = value(parser);
        case "file_name" -> fileName = value(parser);
        case "width" -> width = value(parser);
        case "height" -> height = value(parser);
        default -> parser.skipChildren();
      }
    }
    if (id == null || fileName == null) {
      String what = "the image has no " + (id == null ? "id" : "file_name");
      badEntries.add(new BadLabelException(line, what));
      return;
    }
    images.add(new Image(line, id.text(), fileName.text(), pixels(width), pixels(height)));
  }

  private static int pixels(Value value) {
    return value != null && value.text().matches("\\d{1,9}") ? Integer.parseInt(value.text()) : 0;
  }

  private void category(JsonParser parser) throws IOException {
    int line = line(parser);
    Value id = null;
    Value name = null;
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String field = parser.currentName();
      parser.nextToken();
      switch (field) {
        case "id" -> id = value(parser);
        case "name" -> name = value(parser);
        default -> parser.skipChildren();
      }
    }
    if (id == null || name == null || !id.text().matches("-?\\d{1,18}")) {
      String what = "the category must have a whole number as id, and a name";
      badEntries.add(new BadLabelException(line, what));
      return;
    }
    categories.add(new Category(line, Long.parseLong(id.text()), name.text()));
  }

  private void annotation(JsonParser parser) throws IOException {
    int line = line(parser);
    int object = annotations.size() + 1;
    Value id = null;
    Value imageId = null;
    Value categoryId = null;
    Value crowd = null;
    List<Value> numbers = null;
    int boxLine = line;
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String name = parser.currentName();
      parser.nextToken();
      switch (name) {
        case "id" -> id = value(parser);
        case "image_id" -> imageId = value(parser);
        case "category_id" -> categoryId = value(parser);
        case "iscrowd" -> crowd = value(parser);
        case "bbox" -> {
          boxLine = line(parser);
          numbers = values(parser);
        }
        default -> parser.skipChildren();
      }
    }
    StatedObject stated;
    try {
      if (imageId == null || categoryId == null) {
        String what = "has no " + (imageId == null ? "image_id" : "category_id");
        throw new BadLabelException(line, what);
      }
      stated =
          new StatedObject.Box(
              boxLine,
              object,
              categoryId.text(),
              categoryId.line(),
              box(boxLine, numbers),
              isCrowd(crowd));
    } catch (BadLabelException e) {
      stated = new StatedObject.Unreadable(e.line(), object, e.getMessage());
    }
    annotations.add(
        new Annotation(
            id == null ? "" : id.text(), line, imageId == null ? "" : imageId.text(), stated));
  }

  private static Geometry box(int line, List<Value> numbers) throws BadLabelException {
    if (numbers == null || numbers.size() != 4) {
      String has = numbers == null ? "no bbox" : "a bbox of " + numbers.size() + " values";
      throw new BadLabelException(line, "has " + has + "; must be [x, y, width, height]");
    }
    String[] names = {"bbox x", "bbox y", "bbox width", "bbox height"};
    double[] values = new double[4];
    for (int i = 0; i < 4; i++) {
      values[i] = BadLabelException.number(numbers.get(i).line(), names[i], numbers.get(i).text());
    }
    return new Geometry.CornerAndSize(values[0], values[1], values[2], values[3]);
  }

  private static boolean isCrowd(Value crowd) throws BadLabelException {
    if (crowd == null || crowd.text().equals("0") || crowd.text().equals("false")) {
      return false;
    }
    if (crowd.text().equals("1") || crowd.text().equals("true")) {
      return true;
    }
    throw new BadLabelException(
        crowd.line(), "iscrowd '%s'; must be 0 or 1".formatted(crowd.text()));
  }

  /** Null for anything that is no number or text, as if it were not there. */
  private static Value value(JsonParser parser) throws IOException {
    if (parser.currentToken().isScalarValue() && parser.currentToken() != JsonToken.VALUE_NULL) {
      return new Value(line(parser), parser.getText());
    }
    parser.skipChildren();
    return null;
  }

  private static List<Value> values(JsonParser parser) throws IOException {
    if (parser.currentToken() != JsonToken.START_ARRAY) {
      parser.skipChildren();
      return null;
    }
    List<Value> values = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      int line = line(parser);
      Value value = value(parser);
      values.add(value == null ? new Value(line, "null") : value);
    }
    return values;
  }

  private static int line(JsonParser parser) {
    return parser.currentTokenLocation().getLineNr();
  }
}
