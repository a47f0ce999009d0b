package dev.yololoss.spec;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.exc.InvalidFormatException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The JSON form of a {@link LossSpec}: a preset with its options merged in, then checked against
 * what the preset leaves free.
 */
final class SpecJson {
  private static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
          .build();

  /** Everything of a description but the preset, the classes and the heads. */
  private record Rules(
      BoxDecoding decoding,
      Assignment assignment,
      Ignore ignore,
      BoxTerm box,
      ObjectnessTerm objectness,
      ClassTerm classification,
      Collision collision,
      BceForm bce,
      double focalGamma,
      Reduction reduction) {}

  private SpecJson() {}

  static LossSpec read(String json) {
    JsonNode root;
    try {
      root = MAPPER.readTree(json);
    } catch (JsonProcessingException e) {
      throw new SpecException("not JSON: " + located(e), e);
    }
    if (!root.isObject()) {
      throw new SpecException("a loss is a JSON object; this is " + abbreviated(root));
    }
    JsonNode preset = root.get("preset");
    if (preset == null || !preset.isTextual()) {
      throw new SpecException(
          "preset is "
              + (preset == null ? "missing" : abbreviated(preset))
              + "; it is the name of a loss, for example \"yolov5\"");
    }
    Draft draft = new Draft(Preset.of(preset.textValue()));
    HeadsJson.read(root).ifPresent(draft::heads);
    for (Map.Entry<String, JsonNode> field : root.properties()) {
      switch (field.getKey()) {
        case "preset", "heads", "anchors", "anchorUnit" -> {}
        case "classes" -> draft.classes(wholeNumber("classes", field.getValue()));
        default -> draft.merge(field.getKey(), field.getValue());
      }
    }
    return draft.bind();
  }

  static String write(LossSpec spec) {
    ObjectNode root = MAPPER.createObjectNode();
    root.put("preset", spec.preset().id());
    root.put("classes", spec.classes());
    HeadsJson.write(spec.heads(), root);
    ObjectNode rules = tree(spec);
    for (String path : new TreeSet<>(spec.preset().options())) {
      copy(rules, root, path);
    }
    return root.toPrettyString();
  }

  static int wholeNumber(String path, JsonNode node) {
    if (!node.isIntegralNumber() || !node.canConvertToInt()) {
      throw new SpecException(path + " is " + abbreviated(node) + "; must be a whole number");
    }
    return node.intValue();
  }

  static double number(String path, JsonNode node) {
    if (!node.isNumber()) {
      throw new SpecException(path + " is " + abbreviated(node) + "; must be a number");
    }
    return node.doubleValue();
  }

  static String abbreviated(JsonNode node) {
    String text = node.toString();
    return text.length() <= 60 ? text : text.substring(0, 57) + "...";
  }

  /** A preset's tree, open to changes. */
  static final class Draft {
    private final LossSpec base;
    private final ObjectNode rules;
    private int classes;
    private Heads heads;
    private boolean balanceGiven;

    Draft(Preset preset) {
      base = PresetDefaults.of(preset);
      rules = tree(base);
      classes = base.classes();
      heads = base.heads();
    }

    void classes(int classes) {
      this.classes = classes;
    }

    void heads(Heads heads) {
      this.heads = heads;
    }

    void option(String path, Object value) {
      int dot = path.indexOf('.');
      boolean unset = path.equals("box.maxDelta") && value.equals(Double.POSITIVE_INFINITY);
      JsonNode node = unset ? MAPPER.nullNode() : MAPPER.valueToTree(value);
      if (dot < 0) {
        merge(path, node);
      } else {
        ObjectNode group = MAPPER.createObjectNode();
        group.set(path.substring(dot + 1), node);
        merge(path.substring(0, dot), group);
      }
    }

    void merge(String key, JsonNode value) {
      JsonNode known = rules.get(key);
      if (known == null) {
        throw new SpecException(
            "unknown key \""
                + key
                + "\"; allowed are "
                + keys("preset, classes, heads, anchors, anchorUnit", rules));
      }
      if (!known.isObject()) {
        requireKind(key, known, value);
        rules.set(key, value);
        return;
      }
      if (!value.isObject()) {
        throw new SpecException(
            key
                + " is "
                + abbreviated(value)
                + "; must be an object with any of "
                + keys("", known));
      }
      for (Map.Entry<String, JsonNode> field : value.properties()) {
        if (!known.has(field.getKey())) {
          throw new SpecException(
              "unknown key \"" + key + "." + field.getKey() + "\"; allowed are " + keys("", known));
        }
        String path = key + "." + field.getKey();
        requireKind(path, tree(base).at("/" + key + "/" + field.getKey()), field.getValue());
        ((ObjectNode) known).set(field.getKey(), field.getValue());
        balanceGiven |= path.equals("reduction.balance");
      }
    }

    /** Refuses a value of another JSON type than the preset's own, which Jackson would bend. */
    private static void requireKind(String path, JsonNode known, JsonNode value) {
      if (known.isInt()) {
        wholeNumber(path, value);
      } else if (known.isNumber() || known.isNull() && !value.isNull()) {
        number(path, value);
      } else if (known.isBoolean() && !value.isBoolean()) {
        throw new SpecException(path + " is " + abbreviated(value) + "; must be true or false");
      } else if (known.isTextual() && !value.isTextual()) {
        throw new SpecException(path + " is " + abbreviated(value) + "; must be a name in quotes");
      } else if (known.isArray()) {
        if (!value.isArray()) {
          throw new SpecException(
              path + " is " + abbreviated(value) + "; must be a list of numbers");
        }
        for (int i = 0; i < value.size(); i++) {
          number(path + "[" + i + "]", value.get(i));
        }
      }
    }

    LossSpec bind() {
      if (!base.reduction().balance().isEmpty() && !balanceGiven) {
        ((ObjectNode) rules.get("reduction"))
            .set("balance", MAPPER.valueToTree(PresetDefaults.yolov5Balance(heads.heads().size())));
      }
      Rules bound = bound();
      LossSpec spec =
          new LossSpec(
              base.preset(),
              classes,
              heads,
              bound.decoding,
              bound.assignment,
              bound.ignore,
              bound.box,
              bound.objectness,
              bound.classification,
              bound.collision,
              bound.bce,
              bound.focalGamma,
              bound.reduction);
      requireLegal(spec);
      return spec;
    }

    private Rules bound() {
      ObjectNode tree = rules.deepCopy();
      ObjectNode box = (ObjectNode) tree.get("box");
      if (box.get("maxDelta").isNull()) {
        box.put("maxDelta", Double.POSITIVE_INFINITY);
      }
      try {
        return MAPPER.treeToValue(tree, Rules.class);
      } catch (JsonMappingException e) {
        if (e.getCause() instanceof SpecException cause) {
          throw cause;
        }
        String path =
            e.getPath().stream()
                .map(JsonMappingException.Reference::getFieldName)
                .collect(Collectors.joining("."));
        if (e instanceof InvalidFormatException bad && bad.getTargetType().isEnum()) {
          throw new SpecException(
              path
                  + " is \""
                  + bad.getValue()
                  + "\"; allowed are "
                  + Arrays.stream(bad.getTargetType().getEnumConstants())
                      .map(Object::toString)
                      .collect(Collectors.joining(", ")),
              e);
        }
        throw new SpecException(path + ": " + e.getOriginalMessage(), e);
      } catch (JsonProcessingException e) {
        throw new SpecException(e.getOriginalMessage(), e);
      }
    }
  }

  static void requireLegal(LossSpec spec) {
    requireOnlyFreeOptions(spec);
    LegalMix.require(spec);
  }

  private static void requireOnlyFreeOptions(LossSpec spec) {
    ObjectNode mine = tree(spec);
    ObjectNode preset = tree(PresetDefaults.of(spec.preset()));
    for (String path : leaves(preset)) {
      String pointer = "/" + path.replace('.', '/');
      if (!mine.at(pointer).equals(preset.at(pointer)) && !spec.preset().options().contains(path)) {
        throw new SpecException(
            path
                + " is "
                + abbreviated(mine.at(pointer))
                + ", but preset \""
                + spec.preset().id()
                + "\" has "
                + abbreviated(preset.at(pointer))
                + " and no such option; its options are "
                + new TreeSet<>(spec.preset().options()));
      }
    }
  }

  private static ObjectNode tree(LossSpec spec) {
    ObjectNode tree =
        MAPPER.valueToTree(
            new Rules(
                spec.decoding(),
                spec.assignment(),
                spec.ignore(),
                spec.box(),
                spec.objectness(),
                spec.classification(),
                spec.collision(),
                spec.bce(),
                spec.focalGamma(),
                spec.reduction()));
    if (Double.isInfinite(spec.box().maxDelta())) {
      ((ObjectNode) tree.get("box")).putNull("maxDelta");
    }
    return tree;
  }

  private static List<String> leaves(ObjectNode tree) {
    List<String> paths = new ArrayList<>();
    for (Map.Entry<String, JsonNode> field : tree.properties()) {
      if (field.getValue().isObject()) {
        field
            .getValue()
            .fieldNames()
            .forEachRemaining(name -> paths.add(field.getKey() + "." + name));
      } else {
        paths.add(field.getKey());
      }
    }
    return paths;
  }

  private static void copy(ObjectNode from, ObjectNode to, String path) {
    int dot = path.indexOf('.');
    if (dot < 0) {
      to.set(path, from.get(path));
    } else {
      String group = path.substring(0, dot);
      to.withObject("/" + group)
          .set(path.substring(dot + 1), from.get(group).get(path.substring(dot + 1)));
    }
  }

  private static String keys(String first, JsonNode node) {
    Set<String> names = new TreeSet<>();
    node.fieldNames().forEachRemaining(names::add);
    return (first.isEmpty() ? "" : first + ", ") + String.join(", ", names);
  }

  private static String located(JsonProcessingException e) {
    return e.getLocation() == null
        ? e.getOriginalMessage()
        : "line "
            + e.getLocation().getLineNr()
            + ", column "
            + e.getLocation().getColumnNr()
            + ": "
            + e.getOriginalMessage();
  }
}
