package dev.yololoss.trainer.data;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.yaml.snakeyaml.error.MarkedYAMLException;

/**
 * Reads the entry {@code names} of a YOLO {@code data.yaml}: a list, or a mapping that counts from
 * 0. As a stream, so that every name keeps its line.
 */
record YamlNames(Path file) {
  private static final YAMLFactory YAML = new YAMLFactory();

  /**
   * @throws DataException if there is no such entry or it is written otherwise
   */
  List<String> read() {
    try (JsonParser parser = YAML.createParser(String.join("\n", Folder.lines(file)))) {
      return names(parser);
    } catch (JsonProcessingException e) {
      throw malformed(e);
    } catch (IOException e) {
      throw new DataException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private List<String> names(JsonParser parser) throws IOException {
    if (parser.nextToken() == JsonToken.START_OBJECT) {
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        boolean found = parser.currentName().equals("names");
        JsonToken value = parser.nextToken();
        if (found) {
          return switch (value) {
            case START_ARRAY -> list(parser);
            case START_OBJECT -> mapping(parser);
            default -> throw otherwise(parser);
          };
        }
        parser.skipChildren();
      }
    }
    throw new DataException(file + ": has no entry 'names'");
  }

  private List<String> list(JsonParser parser) throws IOException {
    List<String> names = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      names.add(name(parser));
    }
    return names;
  }

  private List<String> mapping(JsonParser parser) throws IOException {
    List<String> names = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      if (!parser.currentName().equals(Integer.toString(names.size()))) {
        String what = "class %s; must be %d, the classes count from 0";
        throw problem(line(parser), what.formatted(parser.currentName(), names.size()));
      }
      parser.nextToken();
      names.add(name(parser));
    }
    return names;
  }

  /** As it is written: a class may be called 007 or null. */
  private String name(JsonParser parser) throws IOException {
    if (!parser.currentToken().isScalarValue()) {
      throw otherwise(parser);
    }
    return parser.getText();
  }

  private DataException otherwise(JsonParser parser) {
    return problem(line(parser), "names must be [a, b], or '- a' or '0: a' a line");
  }

  /**
   * Jackson knows where it stopped reading; where the fault lies only the parser below it knows.
   */
  private DataException malformed(JsonProcessingException e) {
    String what = "not well-formed YAML: ";
    return e.getCause() instanceof MarkedYAMLException cause && cause.getProblemMark() != null
        ? problem(cause.getProblemMark().getLine() + 1, what + cause.getProblem())
        : new DataException(file + ": " + what + e.getOriginalMessage(), e);
  }

  private static int line(JsonParser parser) {
    return parser.currentTokenLocation().getLineNr();
  }

  private DataException problem(int line, String what) {
    return new DataException("%s:%d: %s".formatted(file, line, what));
  }
}
