package dev.yololoss.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.yololoss.Backend;
import dev.yololoss.EngineOptions;
import dev.yololoss.djl.LossStep;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Preset;
import dev.yololoss.trainer.data.BatchLoader;
import dev.yololoss.trainer.data.BatchOptions;
import dev.yololoss.trainer.data.DetectionDataSet;
import dev.yololoss.trainer.data.LabelledImage;
import dev.yololoss.trainer.data.ScaledImages;
import dev.yololoss.trainer.evaluate.AveragePrecision;
import dev.yololoss.trainer.safetensors.SafetensorsFile;
import dev.yololoss.trainer.safetensors.StoredTensor;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class EvaluationRunTest {
  private static final DetectionDataSet SHAPES = SmallRun.data().set();

  @TempDir Path folder;

  private final StringWriter printed = new StringWriter();
  private Path run;

  @BeforeEach
  void name() {
    run = folder.resolve("run");
  }

  private TrainingSummary train(Preset preset, int epochs) {
    return SmallRun.run(
        SmallRun.options(new LossChoice.Named(preset), List.of(16), epochs, run),
        SmallRun.data(),
        new RecordedProgress(),
        new PrintWriter(new StringWriter()));
  }

  private SortedMap<Integer, AveragePrecision> evaluate(
      Path what, DataPart part, Integer... sizes) {
    return evaluate(what, part, Optional.empty(), sizes);
  }

  private SortedMap<Integer, AveragePrecision> evaluate(
      Path what, DataPart part, Optional<Path> predictions, Integer... sizes) {
    EvaluationOptions options =
        new EvaluationOptions(
            what,
            Optional.empty(),
            part,
            List.of(sizes),
            OptionalInt.empty(),
            Backend.REFERENCE,
            predictions,
            folder.resolve("evaluation"));
    return EvaluationRun.run(options, SavedRun.at(what), SHAPES, new PrintWriter(printed));
  }

  /** One that decodes by sigmoid and one by softmax. */
  @ParameterizedTest
  @EnumSource(names = {"YOLOV5", "YOLOV2"})
  void findsWhatTheRunsOwnEvaluationFound(Preset preset) {
    TrainingSummary summary = train(preset, 2);
    AveragePrecision found = evaluate(run, DataPart.VALIDATION).get(96);
    assertThat(found).isEqualTo(summary.precision().orElseThrow());
  }

  @Test
  void severalSizesGiveATableAndACurveEach() throws IOException {
    train(Preset.YOLOV5, 2);
    SortedMap<Integer, AveragePrecision> found = evaluate(run, DataPart.TRAINING, 64, 96);
    assertThat(found).containsOnlyKeys(64, 96);
    assertThat(found.get(64)).isNotEqualTo(found.get(96));
    List<String> lines = Files.readAllLines(folder.resolve("evaluation/evaluation.csv"));
    assertThat(lines).hasSize(1 + 2 * 5);
    assertThat(lines.get(0)).startsWith("size,class,truths,");
    assertThat(lines.get(1)).startsWith("64,\"disc\",");
    String[] mean = lines.getLast().split(",", -1);
    assertThat(mean).startsWith("96", "");
    assertThat(Double.parseDouble(mean[6])).isEqualTo(found.get(96).map50());
    assertThat(Double.parseDouble(mean[7])).isEqualTo(found.get(96).map50To95());
    for (int size : List.of(64, 96)) {
      Path curve = folder.resolve("evaluation/precision-recall-" + size + ".png");
      assertThat(ImageIO.read(curve.toFile()).getWidth()).isEqualTo(1200);
      assertThat(printed.toString()).contains("wrote " + curve, "size " + size);
    }
    assertThat(printed.toString()).contains("after epoch 2, yolov5, on 24 training images");
  }

  /** What was kept decodes to what was found: the files hold these heads, of these images. */
  @Test
  void keepsTheRawHeads() throws IOException {
    train(Preset.YOLOV5, 2);
    Path kept = folder.resolve("heads");
    evaluate(run, DataPart.VALIDATION, Optional.of(kept));
    List<String> names = new ArrayList<>();
    try (Stream<Path> files = Files.list(kept)) {
      for (Path path : files.sorted().toList()) {
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
          List<String> images = names(file, "images");
          assertThat(names(file, "classes")).isEqualTo(SHAPES.classes());
          LossSpec spec = LossSpec.fromJson(file.metadata().get("spec"));
          assertThat(spec.toJson()).isEqualTo(SavedRun.at(run).checkpoint().spec());
          StoredTensor heads = file.floats("pred.0", images.size(), 4L * spec.attributes(), 6, 6);
          assertThat(heads.toArray()).isEqualTo(headsOf(names.size(), images.size(), spec));
          names.addAll(images);
        }
      }
    }
    assertThat(names).isEqualTo(SHAPES.validation().stream().map(LabelledImage::name).toList());
    assertThat(printed.toString()).contains("wrote " + kept + ": raw heads", " 2 files");
    assertThatThrownBy(() -> evaluate(run, DataPart.VALIDATION, Optional.of(kept)))
        .isInstanceOf(TrainingException.class)
        .hasMessage("--predictions " + kept + ": is not empty; name another folder");
    Path file = Files.createFile(folder.resolve("file"));
    assertThatThrownBy(() -> evaluate(run, DataPart.VALIDATION, Optional.of(file)))
        .isInstanceOf(TrainingException.class)
        .hasMessageStartingWith("--predictions " + file + ": cannot be written: ");
    assertThatThrownBy(
            () -> evaluate(run, DataPart.VALIDATION, Optional.of(folder.resolve("x")), 64, 96))
        .isInstanceOf(TrainingException.class)
        .hasMessage("--predictions goes with one size; --sizes has 2: [64, 96]");
  }

  private static List<String> names(SafetensorsFile file, String key) throws IOException {
    return List.of(new ObjectMapper().readValue(file.metadata().get(key), String[].class));
  }

  /** The network's output for some of the validation images, batched as they were. */
  private double[] headsOf(int first, int count, LossSpec spec) {
    try (Detector detector = Detector.initialised(spec, HeadType.F32, 96, 1);
        NDManager step = detector.newStep();
        BatchLoader loader =
            BatchLoader.start(
                SHAPES.validation().subList(first, first + count),
                BatchOptions.evaluation(count),
                new ScaledImages(96, 0),
                0,
                0)) {
      detector.load(SavedRun.at(run).checkpoint().model());
      float[] values = detector.predict(step, loader.next()).head().toFloatArray();
      return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
    }
  }

  @Test
  void anEarlierCheckpointCanBeNamed() throws IOException {
    train(Preset.YOLOV5, 2);
    Path earlier = run.resolve("checkpoints/epoch-000001.safetensors");
    evaluate(earlier, DataPart.VALIDATION);
    assertThat(printed.toString()).contains(earlier + " after epoch 1");
  }

  @Test
  void whatDoesNotFitIsRefused() {
    train(Preset.YOLOV5, 1);
    assertThatThrownBy(() -> evaluate(run, DataPart.TEST))
        .isInstanceOf(TrainingException.class)
        .hasMessage("--part test: shapes has no such images");
    assertThatThrownBy(() -> evaluate(run, DataPart.VALIDATION, 96, 104))
        .isInstanceOf(TrainingException.class)
        .hasMessageContaining("--sizes has 104; must be multiples of the largest stride, 16");
  }

  @Test
  void otherClassesAreNamed() {
    train(Preset.YOLOV5, 1);
    SavedRun saved = SavedRun.at(run);
    assertThatThrownBy(() -> saved.requireSameClasses(classes("disc", "square", "oval", "cross")))
        .isInstanceOf(TrainingException.class)
        .hasMessageContaining("was trained on the classes [disc, square, triangle, cross]")
        .hasMessageContaining("without [triangle], and [oval], which it does not know");
    assertThatThrownBy(
            () -> saved.requireSameClasses(classes("square", "disc", "triangle", "cross")))
        .isInstanceOf(TrainingException.class)
        .hasMessageContaining("in another order");
  }

  private static DetectionDataSet classes(String... names) {
    return new DetectionDataSet(
        "other",
        List.of(names),
        SHAPES.training(),
        SHAPES.validation(),
        List.of(),
        SHAPES.report());
  }

  @Test
  void theCurveIsThatOfTheAverage() {
    train(Preset.YOLOV5, 6);
    Evaluation evaluation;
    SavedRun saved = SavedRun.at(run);
    var spec = LossSpec.fromJson(saved.checkpoint().spec());
    try (var loss = LossStep.open(spec, EngineOptions.on(Backend.REFERENCE));
        Detector detector = Detector.initialised(spec, HeadType.F32, 96, 1)) {
      detector.load(saved.checkpoint().model());
      evaluation =
          Evaluation.of(
              new FindObjects(detector, loss),
              SHAPES.training(),
              SmallRun.data().scaled(),
              4,
              SHAPES.classes().size());
    }
    for (var category : evaluation.precision().categories()) {
      var points = evaluation.curves().categories().get(category.category());
      assertThat(points).hasSize(category.detections());
      assertThat(points.getLast().recall())
          .isCloseTo((double) category.hits50() / category.truths(), within(1e-12));
      // VOC 2010's area, from the points.
      double area = 0;
      double envelope = 0;
      for (int i = points.size() - 1; i >= 0; i--) {
        envelope = Math.max(envelope, points.get(i).precision());
        double before = i == 0 ? 0 : points.get(i - 1).recall();
        area += (points.get(i).recall() - before) * envelope;
      }
      assertThat(area).isCloseTo(category.voc10(), within(1e-12));
    }
  }
}
