package dev.yololoss.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Preset;
import dev.yololoss.trainer.checkpoint.Checkpoint;
import dev.yololoss.trainer.checkpoint.CheckpointException;
import dev.yololoss.trainer.checkpoint.StoredArray;
import dev.yololoss.trainer.data.DetectionDataSet;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StartFromRunTest {
  private static final long OTHER_SEED = 5;

  @TempDir Path folder;

  private final StringWriter printed = new StringWriter();
  private Path first;
  private Path second;

  @BeforeEach
  void train() {
    first = folder.resolve("first");
    second = folder.resolve("second");
    run(options(new LossChoice.Named(Preset.YOLOV5), 2, first));
  }

  private static TrainingOptions options(LossChoice loss, int epochs, Path out) {
    return SmallRun.options(loss, List.of(16), epochs, out);
  }

  private TrainingOptions startingFrom(Path start, LossChoice loss) {
    return options(loss, 1, second)
        .with(new NetworkOptions(List.of(16), HeadType.F32, Optional.of(start)))
        .with(1, OTHER_SEED, second);
  }

  private void run(TrainingOptions options) {
    SmallRun.run(options, SmallRun.data(), new RecordedProgress(), new PrintWriter(printed));
  }

  private static Checkpoint after(Path run, int epoch) {
    return SavedRun.at(run.resolve("checkpoints/epoch-00000" + epoch + ".safetensors"))
        .checkpoint();
  }

  private static Map<String, List<Float>> parameters(Checkpoint checkpoint) {
    Map<String, List<Float>> parameters = new TreeMap<>();
    for (Map.Entry<String, StoredArray> array : checkpoint.model().entrySet()) {
      float[] values = array.getValue().values();
      parameters.put(
          array.getKey(),
          Stream.iterate(0, i -> i < values.length, i -> i + 1).map(i -> values[i]).toList());
    }
    return parameters;
  }

  private static LossSpec spec(Checkpoint checkpoint) {
    return LossSpec.fromJson(checkpoint.spec());
  }

  @Test
  void theFirstParametersAndTheHeadsAreThoseOfTheRun() {
    run(startingFrom(first, new LossChoice.Named(Preset.YOLOV3_RATIO)));
    assertThat(parameters(after(second, 0))).isEqualTo(parameters(after(first, 2)));
    assertThat(parameters(after(second, 1))).isNotEqualTo(parameters(after(first, 2)));
    assertThat(spec(after(second, 0)).heads()).isEqualTo(spec(after(first, 2)).heads());
    assertThat(spec(after(second, 0)).preset()).isEqualTo(Preset.YOLOV3_RATIO);
    assertThat(printed.toString())
        .contains("start     " + first.resolve("checkpoints/epoch-000002.safetensors, epoch 2"));
  }

  @Test
  void aDescriptionWithoutHeadsGetsThem() {
    LossChoice choice = new LossChoice.Described(Path.of("x"), "{\"preset\": \"yolov2\"}");
    run(startingFrom(first.resolve("checkpoints/epoch-000001.safetensors"), choice));
    assertThat(parameters(after(second, 0))).isEqualTo(parameters(after(first, 1)));
    assertThat(spec(after(second, 0)).heads()).isEqualTo(spec(after(first, 1)).heads());
  }

  /** What it began with is in its own checkpoints. */
  @Test
  void theRunItStartedFromMayGo() throws IOException {
    run(startingFrom(first, new LossChoice.Named(Preset.YOLOV5)));
    try (Stream<Path> files = Files.walk(first)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
    Checkpoint before = after(second, 1);
    SmallRun.resume(second, SmallRun.data(), new RecordedProgress(), new PrintWriter(printed));
    assertThat(parameters(after(second, 1))).isEqualTo(parameters(before));
  }

  /** Of the same shape, so that the parameters alone would fit. */
  @Test
  void otherHeadsAreRefused() {
    String anchors = "[[10, 10], [20, 20], [30, 30], [40, 40]]";
    String heads =
        "{\"preset\": \"yolov5\", \"heads\": [{\"stride\": 16, \"anchors\": " + anchors + "}]}";
    LossChoice choice = new LossChoice.Described(Path.of("x"), heads);
    assertThatThrownBy(() -> run(startingFrom(first, choice)))
        .isInstanceOf(TrainingException.class)
        .hasMessageStartingWith("--start-from " + first.resolve("checkpoints"))
        .hasMessageContaining("; the loss has ");
    assertThat(second).doesNotExist();
  }

  @Test
  void otherClassesAreRefused() {
    TrainingOptions options = startingFrom(first, new LossChoice.Named(Preset.YOLOV5));
    DetectionDataSet shapes = SmallRun.data().set();
    DetectionDataSet turned =
        new DetectionDataSet(
            shapes.name(),
            shapes.classes().reversed(),
            shapes.training(),
            shapes.validation(),
            shapes.heldOut(),
            shapes.report());
    assertThatThrownBy(() -> ChooseLoss.of(options, turned))
        .isInstanceOf(TrainingException.class)
        .hasMessageContaining("in another order");
    LossChoice own = new LossChoice.Described(Path.of("x"), after(first, 2).spec());
    assertThatThrownBy(() -> ChooseLoss.of(startingFrom(first, own), turned))
        .as("though the loss brings its heads")
        .isInstanceOf(TrainingException.class)
        .hasMessageContaining("in another order");
  }

  @Test
  void aDamagedCheckpointIsPassedOverAndNamed() throws IOException {
    Path newest = first.resolve("checkpoints/epoch-000002.safetensors");
    byte[] bytes = Files.readAllBytes(newest);
    bytes[bytes.length - 1] ^= 1;
    Files.write(newest, bytes);
    run(startingFrom(first, new LossChoice.Named(Preset.YOLOV5)));
    assertThat(printed.toString())
        .contains("epoch-000001.safetensors, epoch 1", newest + ": is damaged");
  }

  @Test
  void whatIsNoRunIsRefused() {
    Path none = folder.resolve("none");
    assertThatThrownBy(() -> run(startingFrom(none, new LossChoice.Named(Preset.YOLOV5))))
        .isInstanceOf(CheckpointException.class);
  }
}
