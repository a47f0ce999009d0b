package dev.yololoss.trainer.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads the entry {@code names} of a YOLO {@code data.yaml} in the three ways it is written: {@code
 * [a, b]}, {@code - a} a line, or {@code 0: a} a line.
 */
record YamlNames(Path file) {
  private static final Pattern KEY = Pattern.compile("names\\s*:(.*)");
  private static final Pattern ITEM = Pattern.compile("\\s*-\\s+(.*)");
  private static final Pattern NUMBERED = Pattern.compile("\\s+(\\d+)\\s*:\\s*(.*)");
  private static final Pattern FLOW_ITEM =
      Pattern.compile("\\s*(?:'([^']*)'|\"([^\"]*)\"|([^,'\"]+))\\s*(?:,|$)");

  /**
   * @throws DataException if there is no such entry or it is written otherwise
   */
  List<String> read() {
    List<String> lines = Folder.lines(file).stream().map(YamlNames::withoutComment).toList();
    for (int i = 0; i < lines.size(); i++) {
      Matcher key = KEY.matcher(lines.get(i));
      if (key.matches()) {
        String rest = key.group(1).strip();
        return rest.isEmpty() ? block(lines, i + 1) : flow(lines, i, rest);
      }
    }
    throw new DataException(file + ": has no entry 'names'");
  }

  private List<String> block(List<String> lines, int first) {
    List<String> names = new ArrayList<>();
    for (int i = first; i < lines.size(); i++) {
      String line = lines.get(i);
      Matcher item = ITEM.matcher(line);
      Matcher numbered = NUMBERED.matcher(line);
      if (item.matches()) {
        names.add(unquoted(item.group(1)));
      } else if (numbered.matches()) {
        if (!numbered.group(1).equals(Integer.toString(names.size()))) {
          throw new DataException(
              "%s:%d: class %s; must be %d, the classes count from 0"
                  .formatted(file, i + 1, numbered.group(1), names.size()));
        }
        names.add(unquoted(numbered.group(2)));
      } else if (!line.isBlank()) {
        break;
      }
    }
    return names;
  }

  private List<String> flow(List<String> lines, int first, String start) {
    var text = new StringBuilder(start);
    for (int i = first + 1; i < lines.size() && text.indexOf("]") < 0; i++) {
      text.append(' ').append(lines.get(i).strip());
    }
    if (text.charAt(0) != '[' || text.indexOf("]") < 0) {
      throw new DataException(
          "%s:%d: names must be [a, b], or '- a' or '0: a' a line".formatted(file, first + 1));
    }
    String inside = text.substring(1, text.indexOf("]")).strip();
    List<String> names = new ArrayList<>();
    Matcher item = FLOW_ITEM.matcher(inside);
    int at = 0;
    while (at < inside.length()) {
      if (!item.find(at) || item.start() != at) {
        throw new DataException(
            "%s:%d: names cannot be read at '%s'".formatted(file, first + 1, inside.substring(at)));
      }
      names.add(
          item.group(1) != null
              ? item.group(1)
              : item.group(2) != null ? item.group(2) : item.group(3).strip());
      at = item.end();
    }
    return names;
  }

  private static String unquoted(String text) {
    String name = text.strip();
    boolean quoted =
        name.length() >= 2
            && (name.charAt(0) == '\'' || name.charAt(0) == '"')
            && name.charAt(name.length() - 1) == name.charAt(0);
    return quoted ? name.substring(1, name.length() - 1) : name;
  }

  /** YAML starts a comment at a # that begins the line or follows a space. */
  private static String withoutComment(String line) {
    return line.replaceFirst("(^|\\s)#.*", "");
  }
}
