package dev.yololoss.trainer.data;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/** Reads one Pascal VOC annotation file. */
final class VocAnnotation {
  private final Path path;
  private final List<StatedObject> objects = new ArrayList<>();
  private Optional<LabelFile.StatedSize> size = Optional.empty();

  VocAnnotation(Path path) {
    this.path = path;
  }

  /** An element without children. */
  private record Leaf(int line, String text) {}

  LabelFile read() {
    try (InputStream input = Files.newInputStream(path)) {
      XMLStreamReader xml = factory().createXMLStreamReader(input);
      try {
        while (xml.next() != XMLStreamConstants.START_ELEMENT) {
          // A comment or a DOCTYPE may stand before the root.
        }
        if (!xml.getLocalName().equals("annotation")) {
          String what = "root element <%s>; must be <annotation>".formatted(xml.getLocalName());
          return unusable(new BadLabelException(line(xml), what));
        }
        annotation(xml);
      } finally {
        xml.close();
      }
      return new LabelFile(path, List.copyOf(objects), size, Optional.empty());
    } catch (XMLStreamException e) {
      int line = e.getLocation() == null ? 0 : e.getLocation().getLineNumber();
      return unusable(new BadLabelException(line, "not well-formed XML: " + reason(e)));
    } catch (IOException e) {
      return unusable(new BadLabelException(0, "cannot be read: " + e.getMessage()));
    }
  }

  private LabelFile unusable(BadLabelException fault) {
    return new LabelFile(path, List.copyOf(objects), size, Optional.of(fault));
  }

  /** The parser's message without its own, differently counted, account of the place. */
  private static String reason(XMLStreamException e) {
    String message = String.valueOf(e.getMessage());
    return message.substring(
        message.indexOf("Message: ") < 0 ? 0 : message.indexOf("Message: ") + 9);
  }

  private static XMLInputFactory factory() {
    XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
    // A label file has no business opening other files.
    factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
    factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
    return factory;
  }

  private void annotation(XMLStreamReader xml) throws XMLStreamException {
    while (xml.nextTag() == XMLStreamConstants.START_ELEMENT) {
      switch (xml.getLocalName()) {
        case "object" -> objects.add(object(xml, objects.size() + 1));
        case "size" -> size = size(line(xml), leaves(xml));
        default -> skip(xml);
      }
    }
  }

  /** Some tools write sizes of 0 for unknown; those state nothing. */
  private static Optional<LabelFile.StatedSize> size(int line, Map<String, Leaf> leaves) {
    int width = wholeNumber(leaves.get("width"));
    int height = wholeNumber(leaves.get("height"));
    return width > 0 && height > 0
        ? Optional.of(new LabelFile.StatedSize(line, new ImageFile.Size(width, height)))
        : Optional.empty();
  }

  private static int wholeNumber(Leaf leaf) {
    return leaf != null && leaf.text().matches("\\d{1,9}") ? Integer.parseInt(leaf.text()) : 0;
  }

  private static StatedObject object(XMLStreamReader xml, int object) throws XMLStreamException {
    int objectLine = line(xml);
    int boxLine = objectLine;
    Map<String, Leaf> edges = null;
    Leaf name = null;
    Leaf difficult = null;
    while (xml.nextTag() == XMLStreamConstants.START_ELEMENT) {
      switch (xml.getLocalName()) {
        case "name" -> name = leaf(xml);
        case "difficult" -> difficult = leaf(xml);
        case "bndbox" -> {
          boxLine = line(xml);
          edges = leaves(xml);
        }
        default -> skip(xml);
      }
    }
    try {
      if (name == null || name.text().isEmpty()) {
        throw new BadLabelException(objectLine, "has no <name>");
      }
      if (edges == null) {
        throw new BadLabelException(objectLine, "has no <bndbox>");
      }
      var corners =
          new Geometry.Corners(
              edge(edges, "xmin", boxLine),
              edge(edges, "ymin", boxLine),
              edge(edges, "xmax", boxLine),
              edge(edges, "ymax", boxLine));
      return new StatedObject.Box(
          boxLine, object, name.text(), name.line(), corners, isDifficult(difficult));
    } catch (BadLabelException e) {
      return new StatedObject.Unreadable(e.line(), object, e.getMessage());
    }
  }

  private static double edge(Map<String, Leaf> edges, String name, int boxLine)
      throws BadLabelException {
    Leaf leaf = edges.get(name);
    if (leaf == null) {
      throw new BadLabelException(boxLine, "<bndbox> has no <%s>".formatted(name));
    }
    return BadLabelException.number(leaf.line(), name, leaf.text());
  }

  private static boolean isDifficult(Leaf leaf) throws BadLabelException {
    if (leaf == null || leaf.text().isEmpty() || leaf.text().equals("0")) {
      return false;
    }
    if (leaf.text().equals("1")) {
      return true;
    }
    throw new BadLabelException(
        leaf.line(), "difficult '%s'; must be 0 or 1".formatted(leaf.text()));
  }

  private static Map<String, Leaf> leaves(XMLStreamReader xml) throws XMLStreamException {
    Map<String, Leaf> leaves = new HashMap<>();
    while (xml.nextTag() == XMLStreamConstants.START_ELEMENT) {
      leaves.put(xml.getLocalName(), leaf(xml));
    }
    return leaves;
  }

  private static Leaf leaf(XMLStreamReader xml) throws XMLStreamException {
    int line = line(xml);
    return new Leaf(line, xml.getElementText().strip());
  }

  /**
   * Passes over an element with all it holds: the parts of a person are no objects of their own.
   */
  private static void skip(XMLStreamReader xml) throws XMLStreamException {
    for (int depth = 1; depth > 0; ) {
      int event = xml.next();
      depth +=
          event == XMLStreamConstants.START_ELEMENT
              ? 1
              : event == XMLStreamConstants.END_ELEMENT ? -1 : 0;
    }
  }

  private static int line(XMLStreamReader xml) {
    return xml.getLocation().getLineNumber();
  }
}
