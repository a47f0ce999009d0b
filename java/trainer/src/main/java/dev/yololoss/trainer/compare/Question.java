package dev.yololoss.trainer.compare;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.yololoss.spec.Preset;
import dev.yololoss.trainer.optimize.OptimizerKind;
import dev.yololoss.trainer.optimize.ScheduleKind;
import dev.yololoss.trainer.train.HeadType;
import dev.yololoss.trainer.train.LossChoice;
import dev.yololoss.trainer.train.TrainingException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * What is to be found out, as a JSON file says it:
 *
 * <pre>{@code
 * {"title": "...", "claims": ["what others found"],
 *  "heads": [{"stride": 16, "anchors": [[26, 34]]}], "anchorsAt": 416,
 *  "losses": [
 *    {"name": "a", "preset": "yolov5"},
 *    {"name": "b", "spec": {"preset": "yolov5", "box": {"weight": 1}},
 *     "training": {"headType": "f16", "optimizer": "sgd", "schedule": "step",
 *                  "learningRate": 0.001, "warmUp": 0}}]}
 * }</pre>
 *
 * Claims, heads and training may be left out. A preset has the harness's weights for small
 * networks; a spec, and a preset in a file with heads, stands as it is. The anchors of the file's
 * heads are in pixels of the input; those that were made for inputs of {@code anchorsAt} pixels are
 * scaled to the comparison's. A spec's own heads are never scaled.
 *
 * @param json the file itself
 */
public record Question(String title, List<String> claims, List<Contender> contenders, String json) {
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION).build();
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,60}");
  private static final Set<String> KEYS = Set.of("title", "claims", "heads", "anchorsAt", "losses");
  private static final Set<String> LOSS_KEYS = Set.of("name", "preset", "spec", "training");
  private static final Set<String> TRAINING_KEYS =
      Set.of("headType", "optimizer", "schedule", "learningRate", "warmUp");

  public Question {
    claims = List.copyOf(claims);
    contenders = List.copyOf(contenders);
  }

  /**
   * Reads such a file.
   *
   * @param where it is from, for messages
   * @param size of the comparison's inputs, in pixels
   * @throws TrainingException if it is no such file; the message names the key
   */
  public static Question read(String where, String json, int size) {
    try {
      JsonNode root = JSON.readTree(json);
      requireKeys(root, "the file", KEYS);
      List<Contender> contenders = new ArrayList<>();
      Set<String> names = new HashSet<>();
      Optional<JsonNode> heads = heads(root, size);
      for (JsonNode loss : list(root, "losses")) {
        Contender contender = contender(where, loss, heads);
        if (!names.add(contender.name())) {
          throw new TrainingException("name " + contender.name() + " is there twice");
        }
        contenders.add(contender);
      }
      if (contenders.isEmpty()) {
        throw new TrainingException("losses is empty; must have at least one");
      }
      List<String> claims = new ArrayList<>();
      list(root, "claims").forEach(claim -> claims.add(claim.asText()));
      return new Question(text(root, "title"), claims, contenders, root.toString());
    } catch (JsonProcessingException e) {
      throw new TrainingException(
          where + ": no JSON: " + e.getMessage().lines().findFirst().orElse(""), e);
    } catch (TrainingException | IllegalArgumentException e) {
      throw new TrainingException(where + ": " + e.getMessage(), e);
    }
  }

  /** The first contender's. */
  public LossChoice firstLoss() {
    return contenders.getFirst().loss();
  }

  /** With anchors for inputs of this size. What is wrong with heads, a spec's reader says. */
  private static Optional<JsonNode> heads(JsonNode root, int size) {
    JsonNode given = root.get("anchorsAt");
    if (given == null) {
      return Optional.ofNullable(root.get("heads"));
    }
    if (!root.has("heads")) {
      throw new TrainingException("anchorsAt needs heads, whose anchors it is about");
    }
    if (!given.isIntegralNumber() || !given.canConvertToInt() || given.intValue() < 1) {
      throw new TrainingException(
          "anchorsAt is " + given + "; must be a whole number of pixels from 1 on");
    }
    JsonNode heads = root.get("heads").deepCopy();
    for (JsonNode head : heads) {
      for (JsonNode anchor : head.path("anchors")) {
        if (anchor instanceof ArrayNode sides) {
          scale(sides, size / (double) given.intValue());
        }
      }
    }
    return Optional.of(heads);
  }

  private static void scale(ArrayNode sides, double factor) {
    for (int i = 0; i < sides.size(); i++) {
      if (sides.get(i).isNumber()) {
        sides.set(i, sides.get(i).doubleValue() * factor);
      }
    }
  }

  private static List<JsonNode> list(JsonNode root, String key) {
    JsonNode list = root.get(key);
    if (list == null) {
      return List.of();
    }
    if (!list.isArray()) {
      throw new TrainingException(key + " is " + list + "; must be a list");
    }
    List<JsonNode> entries = new ArrayList<>();
    list.forEach(entries::add);
    return entries;
  }

  private static void requireKeys(JsonNode node, String what, Set<String> allowed) {
    if (!node.isObject()) {
      throw new TrainingException(what + " must be an object");
    }
    node.fieldNames()
        .forEachRemaining(
            key -> {
              if (!allowed.contains(key)) {
                throw new TrainingException(
                    what + " has the unknown key \"" + key + "\"; allowed are " + sorted(allowed));
              }
            });
  }

  private static List<String> sorted(Set<String> keys) {
    return keys.stream().sorted().toList();
  }

  private static String text(JsonNode node, String key) {
    JsonNode value = node.get(key);
    if (value == null || !value.isTextual() || value.asText().isBlank()) {
      throw new TrainingException(
          key + " is " + (value == null ? "missing" : value) + "; must be a text");
    }
    return value.asText();
  }

  private static Contender contender(String where, JsonNode loss, Optional<JsonNode> heads) {
    requireKeys(loss, "a loss", LOSS_KEYS);
    String name = text(loss, "name");
    if (!NAME.matcher(name).matches()) {
      throw new TrainingException(
          "name is \"" + name + "\"; must be of letters, digits, dots, dashes and underscores");
    }
    if (loss.has("preset") == loss.has("spec")) {
      throw new TrainingException(name + " must have either a preset or a spec");
    }
    return new Contender(name, choice(where, name, loss, heads), variation(loss.get("training")));
  }

  private static LossChoice choice(
      String where, String name, JsonNode loss, Optional<JsonNode> heads) {
    if (loss.has("preset") && heads.isEmpty()) {
      return new LossChoice.Named(Preset.of(text(loss, "preset")));
    }
    ObjectNode spec = JSON.createObjectNode();
    if (loss.has("preset")) {
      spec.put("preset", Preset.of(text(loss, "preset")).id());
    } else if (loss.get("spec") instanceof ObjectNode given) {
      spec.setAll(given);
    } else {
      throw new TrainingException("spec of " + name + " must be an object");
    }
    if (heads.isPresent() && !spec.has("heads")) {
      spec.set("heads", heads.get());
    }
    return new LossChoice.Described(Path.of(where + " (" + name + ")"), spec.toString());
  }

  private static Variation variation(JsonNode training) {
    if (training == null) {
      return new Variation(
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          OptionalDouble.empty(),
          OptionalInt.empty());
    }
    requireKeys(training, "training", TRAINING_KEYS);
    return new Variation(
        choice(training, "headType", HeadType::valueOf, HeadType.values()),
        choice(training, "optimizer", OptimizerKind::valueOf, OptimizerKind.values()),
        choice(training, "schedule", ScheduleKind::valueOf, ScheduleKind.values()),
        rate(training.get("learningRate")),
        warmUp(training.get("warmUp")));
  }

  private static <T extends Enum<T>> Optional<T> choice(
      JsonNode training, String key, Function<String, T> valueOf, T[] values) {
    if (!training.has(key)) {
      return Optional.empty();
    }
    String name = text(training, key);
    for (T value : values) {
      if (value.name().equalsIgnoreCase(name)) {
        return Optional.of(valueOf.apply(value.name()));
      }
    }
    throw new TrainingException(
        key
            + " is \""
            + name
            + "\"; allowed are "
            + List.of(values).toString().toLowerCase(Locale.ROOT));
  }

  private static OptionalDouble rate(JsonNode node) {
    if (node == null) {
      return OptionalDouble.empty();
    }
    if (!node.isNumber() || !(node.doubleValue() > 0 && node.doubleValue() <= 1)) {
      throw new TrainingException(
          "learningRate is " + node + "; must be greater than 0 and at most 1");
    }
    return OptionalDouble.of(node.doubleValue());
  }

  private static OptionalInt warmUp(JsonNode node) {
    if (node == null) {
      return OptionalInt.empty();
    }
    if (!node.canConvertToInt() || !node.isIntegralNumber() || node.intValue() < 0) {
      throw new TrainingException("warmUp is " + node + "; must be a whole number from 0 on");
    }
    return OptionalInt.of(node.intValue());
  }
}
