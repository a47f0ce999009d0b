package dev.yololoss.trainer.compare;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.yololoss.Backend;
import dev.yololoss.trainer.checkpoint.CheckpointException;
import dev.yololoss.trainer.train.OptionsJson;
import dev.yololoss.trainer.train.TrainingException;
import dev.yololoss.trainer.train.TrainingOptions;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.zip.CRC32;

/**
 * What a comparison is to do.
 *
 * @param base how each contender is trained, with the data and the epochs; its loss, seed, rate and
 *     folder are not used
 * @param rates the learning rates to try for each contender; one is taken without a trial
 * @param rateEpochs of a trial
 */
public record Plan(
    Question question, TrainingOptions base, int seeds, List<Double> rates, int rateEpochs) {
  private static final ObjectMapper JSON = new ObjectMapper();
  static final long FIRST_SEED = 1;

  public Plan {
    rates = rates.stream().sorted().toList();
  }

  /** The same with the losses computed elsewhere. */
  Plan with(Backend backend) {
    return new Plan(question, base.with(backend), seeds, rates, rateEpochs);
  }

  /** The trials, none for a contender whose rate is given. */
  List<PlannedRun> trials() {
    List<PlannedRun> trials = new ArrayList<>();
    for (Contender contender : question.contenders()) {
      if (given(contender).isEmpty()) {
        rates.forEach(
            rate ->
                trials.add(
                    new PlannedRun(
                        contender, PlannedRun.Stage.RATE, rate, FIRST_SEED, rateEpochs)));
      }
    }
    return trials;
  }

  /** The runs that are compared, of one contender at its rate. */
  List<PlannedRun> finals(Contender contender, double rate) {
    return IntStream.range(0, seeds)
        .mapToObj(
            i ->
                new PlannedRun(
                    contender, PlannedRun.Stage.FINAL, rate, FIRST_SEED + i, base.epochs()))
        .toList();
  }

  /** The rate that needs no trial. */
  OptionalDouble given(Contender contender) {
    OptionalDouble own = contender.variation().learningRate();
    return own.isPresent() || rates.size() > 1 ? own : OptionalDouble.of(rates.getFirst());
  }

  /** Epochs of all runs. */
  long epochs() {
    return (long) rateEpochs * trials().size()
        + (long) base.epochs() * seeds * question.contenders().size();
  }

  /** What the folder of a comparison is called that nobody named: the same for the same plan. */
  String folderName(long dataFingerprint) {
    try {
      CRC32 sum = new CRC32();
      sum.update(withoutPlace(toJson(dataFingerprint)).toString().getBytes(StandardCharsets.UTF_8));
      return "compare-%08x".formatted(sum.getValue());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  String toJson(long dataFingerprint) {
    try {
      ObjectNode root = JSON.createObjectNode();
      root.set("question", JSON.readTree(question.json()));
      root.set("training", JSON.readTree(OptionsJson.write(base)));
      root.put("seeds", seeds);
      rates.forEach(root.putArray("rates")::add);
      root.put("rateEpochs", rateEpochs);
      root.put("dataFingerprint", dataFingerprint);
      return root.toPrettyString() + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * @param out the comparison's folder
   * @throws TrainingException if it is no plan
   */
  static Plan read(String json, Path out) {
    try {
      JsonNode root = JSON.readTree(json);
      JsonNode training = root.required("training");
      Question question =
          Question.read(
              "question",
              root.required("question").toString(),
              count(training.required("size"), "training/size"));
      return new Plan(
          question,
          OptionsJson.read(training.toString(), question.firstLoss(), out),
          count(root.required("seeds"), "seeds"),
          rates(root.required("rates")),
          count(root.required("rateEpochs"), "rateEpochs"));
    } catch (JsonProcessingException
        | IllegalArgumentException
        | CheckpointException
        | TrainingException e) {
      throw new TrainingException(
          out + "/plan.json cannot be read: " + e.getMessage().lines().findFirst().orElse(""), e);
    }
  }

  private static int count(JsonNode node, String key) {
    if (!node.isIntegralNumber() || !node.canConvertToInt() || node.intValue() < 1) {
      throw new TrainingException(key + " is " + node + "; must be a whole number from 1 on");
    }
    return node.intValue();
  }

  private static List<Double> rates(JsonNode node) {
    List<Double> rates = new ArrayList<>();
    for (JsonNode rate : node) {
      if (!rate.isNumber() || !(rate.doubleValue() > 0 && rate.doubleValue() <= 1)) {
        throw new TrainingException("rates has " + rate + "; must be greater than 0 and at most 1");
      }
      rates.add(rate.doubleValue());
    }
    if (!node.isArray() || rates.isEmpty()) {
      throw new TrainingException("rates is " + node + "; must be a list of at least one");
    }
    return rates;
  }

  /**
   * The first key of the files in which two plans differ. Where the data lies is left out: its
   * fingerprint says what it is.
   */
  static Optional<String> difference(String one, String other) {
    try {
      return difference("", withoutPlace(one), withoutPlace(other));
    } catch (JsonProcessingException e) {
      return Optional.of("it cannot be read");
    }
  }

  private static JsonNode withoutPlace(String json) throws JsonProcessingException {
    JsonNode root = JSON.readTree(json);
    if (root.path("training") instanceof ObjectNode training) {
      training.remove("data");
    }
    return root;
  }

  private static Optional<String> difference(String path, JsonNode one, JsonNode other) {
    if (one.equals(other)) {
      return Optional.empty();
    }
    if (one.isObject() && other.isObject()) {
      Set<String> keys = new LinkedHashSet<>();
      one.fieldNames().forEachRemaining(keys::add);
      other.fieldNames().forEachRemaining(keys::add);
      for (String key : keys) {
        Optional<String> inside = difference(path + "/" + key, one.path(key), other.path(key));
        if (inside.isPresent()) {
          return inside;
        }
      }
    }
    return Optional.of(
        path.substring(Math.min(1, path.length()))
            + " was "
            + inWords(one)
            + " and is "
            + inWords(other));
  }

  private static String inWords(JsonNode value) {
    return value.isMissingNode() ? "not there" : value.toString();
  }
}
