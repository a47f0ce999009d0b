package dev.yololoss.trainer.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.yololoss.Backend;
import dev.yololoss.trainer.checkpoint.CheckpointException;
import dev.yololoss.trainer.optimize.OptimizerKind;
import dev.yololoss.trainer.optimize.OptimizerOptions;
import dev.yololoss.trainer.optimize.ScheduleKind;
import dev.yololoss.trainer.optimize.ScheduleOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.StreamSupport;

/** A run's options in its checkpoints; the loss stands there beside them. */
public final class OptionsJson {
  private static final ObjectMapper JSON = new ObjectMapper();

  private OptionsJson() {}

  /**
   * All options but the loss, the folder and the run that was started from, as a JSON object in one
   * line.
   */
  public static String write(TrainingOptions options) {
    ObjectNode node = JSON.createObjectNode();
    options.data().ifPresent(path -> node.put("data", path.toString()));
    node.set("strides", JSON.valueToTree(options.network().strides()));
    node.put("headType", options.network().headType().name());
    node.put("epochs", options.epochs());
    node.put("size", options.input().size());
    node.set("trainingSizes", JSON.valueToTree(options.input().trainingSizes()));
    node.put("batch", options.input().batch());
    node.put("backend", options.backend().name());
    node.put("optimizer", options.optimizer().kind().name());
    node.put("momentum", options.optimizer().momentum());
    node.put("weightDecay", options.optimizer().weightDecay());
    ScheduleOptions schedule = options.schedule();
    node.put("schedule", schedule.kind().name());
    node.put("learningRate", schedule.peak());
    schedule.warmUp().ifPresent(steps -> node.put("warmUp", steps));
    node.set("dropEpochs", JSON.valueToTree(schedule.dropEpochs()));
    node.put("dropFactor", schedule.dropFactor());
    node.put("firstRate", schedule.first());
    node.put("rateExponent", schedule.exponent());
    options.evaluateEvery().ifPresent(epochs -> node.put("evaluateEvery", epochs));
    node.put("splitSeed", options.splitSeed());
    node.put("seed", options.seed());
    return node.toString();
  }

  /**
   * The options that {@link #write} has written.
   *
   * @param loss the loss, which stands elsewhere
   * @param out the run's folder, likewise
   * @throws CheckpointException if something is missing or unknown
   */
  public static TrainingOptions read(String json, LossChoice loss, Path out) {
    try {
      JsonNode node = JSON.readTree(json);
      return new TrainingOptions(
          Optional.ofNullable(node.get("data")).map(data -> Path.of(data.asText())),
          loss,
          new NetworkOptions(
              numbers(node, "strides"), HeadType.valueOf(node.required("headType").asText())),
          node.required("epochs").intValue(),
          new InputOptions(
              node.required("size").intValue(),
              numbers(node, "trainingSizes"),
              node.required("batch").intValue()),
          Backend.valueOf(node.required("backend").asText()),
          new OptimizerOptions(
              OptimizerKind.valueOf(node.required("optimizer").asText()),
              node.required("momentum").doubleValue(),
              node.required("weightDecay").doubleValue()),
          new ScheduleOptions(
              ScheduleKind.valueOf(node.required("schedule").asText()),
              node.required("learningRate").doubleValue(),
              optional(node, "warmUp"),
              numbers(node, "dropEpochs"),
              node.required("dropFactor").doubleValue(),
              node.required("firstRate").doubleValue(),
              node.required("rateExponent").doubleValue()),
          optional(node, "evaluateEvery"),
          node.required("splitSeed").longValue(),
          node.required("seed").longValue(),
          out);
    } catch (JsonProcessingException | IllegalArgumentException e) {
      throw new CheckpointException(
          "the checkpoint's options cannot be read: " + e.getMessage(), e);
    }
  }

  private static List<Integer> numbers(JsonNode node, String name) {
    return StreamSupport.stream(node.required(name).spliterator(), false)
        .map(JsonNode::intValue)
        .toList();
  }

  private static OptionalInt optional(JsonNode node, String name) {
    return node.has(name) ? OptionalInt.of(node.get(name).intValue()) : OptionalInt.empty();
  }
}
