package dev.yololoss.trainer.check;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
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
  static CaseConfig parse(Path file, String json) throws SafetensorsException {
    try {
      return new CaseConfig(file, "config", new ObjectMapper().readTree(json));
    } catch (JsonProcessingException e) {
      throw new SafetensorsException(
          file, "metadata \"config\" is no JSON: " + e.getOriginalMessage());
    }
  }

  CaseConfig within(String key) throws SafetensorsException {
    return new CaseConfig(file, at + "." + key, require(key));
  }

  /** The objects of a list. */
  List<CaseConfig> list(String key) throws SafetensorsException {
    List<CaseConfig> list = new ArrayList<>();
    JsonNode array = require(key);
    for (int i = 0; i < array.size(); i++) {
      list.add(new CaseConfig(file, at + "." + key + "[" + i + "]", array.get(i)));
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
    if (!value.isIntegralNumber() || !value.canConvertToInt()) {
      throw wrong(key, value, "a whole number");
    }
    return value.intValue();
  }

  String text(String key) throws SafetensorsException {
    JsonNode value = require(key);
    if (!value.isTextual()) {
      throw wrong(key, value, "a text");
    }
    return value.textValue();
  }

  /** A flag, written as true and false or as 1 and 0; absent means off. */
  boolean flag(String key) {
    JsonNode value = node.path(key);
    return value.asBoolean() || value.asInt() != 0;
  }

  boolean isSet(String key) {
    return node.hasNonNull(key);
  }

  List<Double> numbers(String key) throws SafetensorsException {
    List<Double> numbers = new ArrayList<>();
    for (JsonNode value : require(key)) {
      numbers.add(value.doubleValue());
    }
    return numbers;
  }

  List<Anchor> anchors(String key) throws SafetensorsException {
    List<Anchor> anchors = new ArrayList<>();
    for (JsonNode pair : require(key)) {
      if (pair.size() != 2) {
        throw wrong(key, pair, "pairs of width and height");
      }
      anchors.add(new Anchor(pair.get(0).doubleValue(), pair.get(1).doubleValue()));
    }
    return anchors;
  }

  List<Integer> indices(String key) throws SafetensorsException {
    return numbers(key).stream().map(Double::intValue).toList();
  }

  private JsonNode require(String key) throws SafetensorsException {
    JsonNode value = node.get(key);
    if (value == null || value.isNull()) {
      throw new SafetensorsException(file, at + "." + key + " is missing");
    }
    return value;
  }

  SafetensorsException wrong(String key, JsonNode value, String allowed) {
    return new SafetensorsException(file, at + "." + key + " is " + value + "; must be " + allowed);
  }
}
