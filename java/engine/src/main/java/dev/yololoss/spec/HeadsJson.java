package dev.yololoss.spec;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The JSON form of {@link Heads}, in two spellings: every head with its own anchors ({@code
 * "anchors": [[10, 13], [16, 30]]}), or a pool of anchors at the top and indices into it at the
 * heads.
 */
final class HeadsJson {
  private static final Set<String> KEYS = Set.of("stride", "anchors", "scaleXY");

  private HeadsJson() {}

  /** The heads of a description, or nothing if it has none. */
  static Optional<Heads> read(JsonNode root) {
    JsonNode heads = root.get("heads");
    if (heads == null) {
      for (String companion : List.of("anchors", "anchorUnit")) {
        if (root.has(companion)) {
          throw new SpecException(companion + " is given without heads");
        }
      }
      return Optional.empty();
    }
    if (!heads.isArray()) {
      throw new SpecException(
          "heads is "
              + SpecJson.abbreviated(heads)
              + "; must be a list of objects with stride and anchors");
    }
    AnchorUnit unit = unit(root);
    return Optional.of(
        root.has("anchors") ? readPool(root.get("anchors"), heads, unit) : readOwn(heads, unit));
  }

  static void write(Heads heads, ObjectNode root) {
    Heads own = withOwnAnchors(heads);
    boolean pool = !own.equals(heads);
    if (pool) {
      ArrayNode anchors = root.putArray("anchors");
      heads.anchors().forEach(a -> anchors.addArray().add(a.width()).add(a.height()));
    }
    root.put("anchorUnit", heads.unit().name());
    ArrayNode list = root.putArray("heads");
    for (int layer = 0; layer < heads.heads().size(); layer++) {
      Head head = heads.heads().get(layer);
      ObjectNode node = list.addObject().put("stride", head.stride());
      ArrayNode anchors = node.putArray("anchors");
      if (pool) {
        head.anchors().forEach(anchors::add);
      } else {
        heads.anchorsOf(layer).forEach(a -> anchors.addArray().add(a.width()).add(a.height()));
      }
      if (head.scaleXY() != 1) {
        node.put("scaleXY", head.scaleXY());
      }
    }
  }

  private static Heads withOwnAnchors(Heads heads) {
    Heads.Builder builder = Heads.builder().unit(heads.unit());
    for (int layer = 0; layer < heads.heads().size(); layer++) {
      double[] sides =
          heads.anchorsOf(layer).stream()
              .flatMap(a -> List.of(a.width(), a.height()).stream())
              .mapToDouble(d -> d)
              .toArray();
      builder
          .head(heads.heads().get(layer).stride(), sides)
          .scaleXY(heads.heads().get(layer).scaleXY());
    }
    return builder.build();
  }

  private static Heads readOwn(JsonNode heads, AnchorUnit unit) {
    Heads.Builder builder = Heads.builder().unit(unit);
    for (int layer = 0; layer < heads.size(); layer++) {
      String path = "heads[" + layer + "]";
      JsonNode head = head(path, heads.get(layer));
      List<Anchor> anchors = anchors(path + ".anchors", head.get("anchors"));
      double[] sides =
          anchors.stream()
              .flatMap(a -> List.of(a.width(), a.height()).stream())
              .mapToDouble(d -> d)
              .toArray();
      builder.head(stride(path, head), sides).scaleXY(scaleXY(path, head));
    }
    return builder.build();
  }

  private static Heads readPool(JsonNode pool, JsonNode heads, AnchorUnit unit) {
    List<Head> list = new ArrayList<>();
    for (int layer = 0; layer < heads.size(); layer++) {
      String path = "heads[" + layer + "]";
      JsonNode head = head(path, heads.get(layer));
      JsonNode indices = head.get("anchors");
      if (indices == null || !indices.isArray()) {
        throw new SpecException(
            path
                + ".anchors is "
                + (indices == null ? "missing" : SpecJson.abbreviated(indices))
                + "; with anchors at the top it is a list of indices into them");
      }
      List<Integer> anchors = new ArrayList<>();
      for (int i = 0; i < indices.size(); i++) {
        anchors.add(SpecJson.wholeNumber(path + ".anchors[" + i + "]", indices.get(i)));
      }
      list.add(new Head(stride(path, head), anchors, scaleXY(path, head)));
    }
    return new Heads(anchors("anchors", pool), list, unit);
  }

  private static JsonNode head(String path, JsonNode head) {
    if (!head.isObject()) {
      throw new SpecException(
          path
              + " is "
              + SpecJson.abbreviated(head)
              + "; must be an object with stride and anchors");
    }
    for (Map.Entry<String, JsonNode> field : head.properties()) {
      if (!KEYS.contains(field.getKey())) {
        throw new SpecException(
            "unknown key \""
                + path
                + "."
                + field.getKey()
                + "\"; allowed are stride, anchors, scaleXY");
      }
    }
    return head;
  }

  private static int stride(String path, JsonNode head) {
    if (!head.has("stride")) {
      throw new SpecException(path + ".stride is missing");
    }
    return SpecJson.wholeNumber(path + ".stride", head.get("stride"));
  }

  private static double scaleXY(String path, JsonNode head) {
    return head.has("scaleXY") ? SpecJson.number(path + ".scaleXY", head.get("scaleXY")) : 1;
  }

  private static List<Anchor> anchors(String path, JsonNode node) {
    if (node == null || !node.isArray() || node.isEmpty()) {
      throw new SpecException(
          path
              + " is "
              + (node == null ? "missing" : SpecJson.abbreviated(node))
              + "; must be a list of pairs of width and height");
    }
    List<Anchor> anchors = new ArrayList<>();
    for (int i = 0; i < node.size(); i++) {
      JsonNode pair = node.get(i);
      if (!pair.isArray() || pair.size() != 2) {
        throw new SpecException(
            path
                + "["
                + i
                + "] is "
                + SpecJson.abbreviated(pair)
                + "; must be a pair of width and height");
      }
      String at = path + "[" + i + "]";
      double width = SpecJson.number(at + "[0]", pair.get(0));
      double height = SpecJson.number(at + "[1]", pair.get(1));
      Require.positive(at + "[0]", width);
      Require.positive(at + "[1]", height);
      anchors.add(new Anchor(width, height));
    }
    return anchors;
  }

  private static AnchorUnit unit(JsonNode root) {
    JsonNode unit = root.get("anchorUnit");
    if (unit == null) {
      return AnchorUnit.PIXELS;
    }
    for (AnchorUnit known : AnchorUnit.values()) {
      if (known.name().equals(unit.asText())) {
        return known;
      }
    }
    throw new SpecException(
        "anchorUnit is " + SpecJson.abbreviated(unit) + "; allowed are PIXELS, IMAGE");
  }
}
