package dev.yololoss.trainer.check;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.yololoss.spec.Anchor;
import dev.yololoss.trainer.safetensors.SafetensorsException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The configuration of a case, in the words of its original program. Every getter names file and
 * key when something is wrong.
 */
record CaseConfig(Path file, String at, JsonNode node) {
  private static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  static CaseConfig parse(Path file, String json) throws SafetensorsException {
    JsonNode node;
    try {
      node = MAPPER.readTree(json);
    } catch (JsonProcessingException e) {
      throw new SafetensorsException(
          file, "metadata \"config\" is no JSON: " + e.getOriginalMessage());
    }
    if (!node.isObject()) {
      throw new SafetensorsException(file, "metadata \"config\" is no JSON object");
    }
    return new CaseConfig(file, "config", node);
  }

  CaseConfig within(String key) throws SafetensorsException {
    JsonNode value = require(key);
    if (!value.isObject()) {
      throw wrong(key, value, "an object");
    }
    return new CaseConfig(file, at + "." + key, value);
  }

  /** The entries of a list that has some. */
  List<CaseConfig> list(String key) throws SafetensorsException {
    List<CaseConfig> list = new ArrayList<>();
    JsonNode array = array(key);
    for (int i = 0; i < array.size(); i++) {
      list.add(new CaseConfig(file, at + "." + key + "[" + i + "]", array.get(i)));
    }
    if (list.isEmpty()) {
      throw wrong(key, array, "a list with at least one entry");
    }
    return list;
  }

  double number(String key) throws SafetensorsException {
    JsonNode value = require(key);
    if (!value.isNumber()) {
      throw wrong(key, value, "a number");
    }
    return value.doubleValue();
  }

  int whole(String key) throws SafetensorsException {
    JsonNode value = require(key);
    if (!isWhole(value)) {
      throw wrong(key, value, "a whole number");
    }
    return value.intValue();
  }

  /** A whole number from 0 to below a limit. */
  int index(String key, int limit) throws SafetensorsException {
    int index = whole(key);
    if (index < 0 || index >= limit) {
      throw wrong(key, node.get(key), "0.." + (limit - 1));
    }
    return index;
  }

  String text(String key) throws SafetensorsException {
    JsonNode value = require(key);
    if (!value.isTextual()) {
      throw wrong(key, value, "a text");
    }
    return value.textValue();
  }

  /** A flag, written as true and false or as 1 and 0; absent means off. */
  boolean flag(String key) throws SafetensorsException {
    if (!isSet(key)) {
      return false;
    }
    JsonNode value = node.get(key);
    boolean zeroOrOne = value.isIntegralNumber() && (value.asLong() == 0 || value.asLong() == 1);
    if (!value.isBoolean() && !zeroOrOne) {
      throw wrong(key, value, "true or false, 1 or 0");
    }
    return value.asBoolean();
  }

  boolean isSet(String key) {
    return node.hasNonNull(key);
  }

  List<Double> numbers(String key) throws SafetensorsException {
    List<Double> numbers = new ArrayList<>();
    for (JsonNode value : array(key)) {
      if (!value.isNumber()) {
        throw wrong(key, node.get(key), "a list of numbers");
      }
      numbers.add(value.doubleValue());
    }
    return numbers;
  }

  List<Anchor> anchors(String key) throws SafetensorsException {
    List<Anchor> anchors = new ArrayList<>();
    for (JsonNode pair : array(key)) {
      if (pair.size() != 2 || !pair.path(0).isNumber() || !pair.path(1).isNumber()) {
        throw wrong(key, node.get(key), "pairs of width and height");
      }
      anchors.add(new Anchor(pair.get(0).doubleValue(), pair.get(1).doubleValue()));
    }
    return anchors;
  }

  /** This node itself as a list of whole numbers. */
  List<Integer> wholes() throws SafetensorsException {
    List<Integer> wholes = new ArrayList<>();
    boolean fits = node.isArray();
    for (JsonNode value : node) {
      fits &= isWhole(value);
      wholes.add(value.intValue());
    }
    if (!fits) {
      throw new SafetensorsException(
          file, at + " is " + node + "; must be a list of whole numbers");
    }
    return wholes;
  }

  SafetensorsException wrong(String key, JsonNode value, String allowed) {
    return new SafetensorsException(file, at + "." + key + " is " + value + "; must be " + allowed);
  }

  private JsonNode array(String key) throws SafetensorsException {
    JsonNode value = require(key);
    if (!value.isArray()) {
      throw wrong(key, value, "a list");
    }
    return value;
  }

  private JsonNode require(String key) throws SafetensorsException {
    JsonNode value = node.get(key);
    if (value == null || value.isNull()) {
      throw new SafetensorsException(file, at + "." + key + " is missing");
    }
    return value;
  }

  private static boolean isWhole(JsonNode value) {
    return value.isIntegralNumber() && value.canConvertToInt();
  }
}
