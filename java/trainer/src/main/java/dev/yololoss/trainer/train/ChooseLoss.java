package dev.yololoss.trainer.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.yololoss.spec.Anchor;
import dev.yololoss.spec.Heads;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Preset;
import dev.yololoss.spec.SpecException;
import dev.yololoss.trainer.data.DetectionDataSet;
import java.util.List;
import java.util.Optional;

/**
 * The loss of a run, with the classes of the data and, where nobody gave them, the heads of the run
 * it starts from, or anchors from the data.
 *
 * @param clusters the anchors that were computed, if any
 * @param start the run it starts from, if any
 */
record ChooseLoss(LossSpec spec, Optional<AnchorClusters> clusters, Optional<SavedRun> start) {
  private static final int ANCHORS_OF_ONE_HEAD = 4;
  private static final int ANCHORS_OF_EACH_HEAD = 3;

  /**
   * @throws TrainingException if a description is not legal, or has other classes than the data, or
   *     if the run to start from has other classes or heads
   * @throws dev.yololoss.trainer.checkpoint.CheckpointException if the run to start from has no
   *     good checkpoint
   */
  static ChooseLoss of(TrainingOptions options, DetectionDataSet data) {
    Optional<SavedRun> start = options.network().start().map(SavedRun::at);
    start.ifPresent(saved -> saved.requireSameClasses(data));
    ChooseLoss choice =
        switch (options.loss()) {
          case LossChoice.Named(var preset) -> named(preset, options, data, start);
          case LossChoice.Described described -> described(described, options, data, start);
        };
    start.ifPresent(saved -> requireSameHeads(choice.spec, saved));
    return choice;
  }

  private static void requireSameHeads(LossSpec spec, SavedRun start) {
    Heads heads = LossSpec.fromJson(start.checkpoint().spec()).heads();
    if (!spec.heads().equals(heads)) {
      throw new TrainingException(
          "--start-from %s: its network is for the heads %s; the loss has %s"
              .formatted(start.file(), heads.heads(), spec.heads().heads()));
    }
  }

  private static ChooseLoss named(
      Preset preset, TrainingOptions options, DetectionDataSet data, Optional<SavedRun> start) {
    Optional<AnchorClusters> clusters =
        start.isPresent() ? Optional.empty() : Optional.of(clusters(options, data));
    Heads heads =
        start
            .map(saved -> LossSpec.fromJson(saved.checkpoint().spec()).heads())
            .orElseGet(() -> heads(options.network().strides(), clusters.orElseThrow().anchors()));
    LossSpec spec =
        PresetWeights.of(preset, heads.heads().size())
            .classes(data.classes().size())
            .heads(heads)
            .build();
    return new ChooseLoss(spec, clusters, start);
  }

  private static ChooseLoss described(
      LossChoice.Described described,
      TrainingOptions options,
      DetectionDataSet data,
      Optional<SavedRun> start) {
    try {
      ObjectNode tree = tree(described);
      if (!tree.has("classes")) {
        tree.put("classes", data.classes().size());
      }
      Optional<AnchorClusters> clusters = Optional.empty();
      if (!tree.has("heads") && start.isPresent()) {
        tree.set("heads", headsOf(start.get()));
      } else if (!tree.has("heads")) {
        clusters = Optional.of(clusters(options, data));
        putHeads(tree, options.network().strides(), clusters.get().anchors());
      }
      LossSpec spec = LossSpec.fromJson(tree.toString());
      if (spec.classes() != data.classes().size()) {
        throw new SpecException(
            "classes is "
                + spec.classes()
                + "; the data has "
                + data.classes().size()
                + ": "
                + data.classes());
      }
      return new ChooseLoss(spec, clusters, start);
    } catch (SpecException e) {
      throw new TrainingException("--spec " + described.file() + ": " + e.getMessage(), e);
    }
  }

  private static JsonNode headsOf(SavedRun start) {
    try {
      return new ObjectMapper().readTree(start.checkpoint().spec()).get("heads");
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e); // the run has trained with it
    }
  }

  private static ObjectNode tree(LossChoice.Described described) {
    try {
      JsonNode node = new ObjectMapper().readTree(described.json());
      if (node instanceof ObjectNode tree) {
        return tree;
      }
      throw new SpecException("must be one JSON object");
    } catch (JsonProcessingException e) {
      throw new TrainingException(
          "--spec " + described.file() + ": no JSON: " + e.getMessage().lines().findFirst().get(),
          e);
    }
  }

  private static AnchorClusters clusters(TrainingOptions options, DetectionDataSet data) {
    int heads = options.network().strides().size();
    return AnchorClusters.of(
        data.training(), options.input().size(), heads * anchorsOfAHead(heads), options.seed());
  }

  private static int anchorsOfAHead(int heads) {
    return heads == 1 ? ANCHORS_OF_ONE_HEAD : ANCHORS_OF_EACH_HEAD;
  }

  /** The smallest anchors go to the head of the smallest stride. */
  private static Heads heads(List<Integer> strides, List<Anchor> anchors) {
    Heads.Builder builder = Heads.builder();
    for (int layer = 0; layer < strides.size(); layer++) {
      builder.head(
          strides.get(layer),
          anchorsOf(strides, layer, anchors).stream()
              .flatMapToDouble(a -> java.util.stream.DoubleStream.of(a.width(), a.height()))
              .toArray());
    }
    return builder.build();
  }

  private static void putHeads(ObjectNode tree, List<Integer> strides, List<Anchor> anchors) {
    ArrayNode heads = tree.putArray("heads");
    for (int layer = 0; layer < strides.size(); layer++) {
      ObjectNode head = heads.addObject().put("stride", strides.get(layer));
      ArrayNode pairs = head.putArray("anchors");
      anchorsOf(strides, layer, anchors)
          .forEach(a -> pairs.addArray().add(a.width()).add(a.height()));
    }
  }

  private static List<Anchor> anchorsOf(List<Integer> strides, int layer, List<Anchor> anchors) {
    int each = anchorsOfAHead(strides.size());
    int rank = (int) strides.stream().filter(s -> s < strides.get(layer)).count();
    return anchors.subList(rank * each, (rank + 1) * each);
  }
}
