package dev.yololoss.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.yololoss.Backend;
import dev.yololoss.BackendUnavailableException;
import dev.yololoss.LossEngine;
import dev.yololoss.spec.Heads;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Preset;
import dev.yololoss.trainer.checkpoint.Checkpoint;
import dev.yololoss.trainer.checkpoint.CheckpointException;
import dev.yololoss.trainer.checkpoint.CheckpointFolder;
import dev.yololoss.trainer.data.GeneratedShapes;
import dev.yololoss.trainer.events.EventReader;
import dev.yololoss.trainer.optimize.OptimizerKind;
import dev.yololoss.trainer.optimize.OptimizerOptions;
import dev.yololoss.trainer.optimize.ParameterState;
import dev.yololoss.trainer.optimize.ScheduleKind;
import dev.yololoss.trainer.optimize.ScheduleOptions;
import dev.yololoss.trainer.report.EpochReport;
import dev.yololoss.trainer.report.StepReport;
import dev.yololoss.trainer.report.TrainingProgress;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResumeTest {
  private static final int EPOCHS = 4;

  @TempDir Path folder;

  /** Fails in the middle of an epoch, as a machine does. */
  private record FailsAt(int epoch, int batch, int[] now) implements TrainingProgress {
    private static final class Failure extends RuntimeException {
      private static final long serialVersionUID = 1L;
    }

    @Override
    public void epochStarted(int epoch, int epochs, int batches) {
      now[0] = epoch;
    }

    @Override
    public void batchDone(StepReport report) {
      if (now[0] == epoch && report.batch() == batch) {
        throw new Failure();
      }
    }

    @Override
    public void epochFinished(EpochReport report) {}

    @Override
    public void close() {}
  }

  @Test
  void aResumedRunIsTheUninterruptedOneToTheBit() throws IOException {
    TrainingOptions options = options(new LossChoice.Named(Preset.YOLOV5), "whole");
    assertResumesAlike(options, SmallRun.data());
  }

  /** Everything that carries state: momentum, a balance, sizes that are drawn, rounded heads. */
  @Test
  void withMomentumBalanceSizesAndRoundedHeadsToo() throws IOException {
    String json =
        """
        {"preset": "yolov5", "reduction": {"autobalance": true, "balance": [4, 1]}}
        """;
    InputOptions input = new InputOptions(96, List.of(64, 96, 128), 4);
    TrainingOptions plain = options(new LossChoice.Described(Path.of("x.json"), json), "whole");
    TrainingOptions options =
        new TrainingOptions(
            plain.data(),
            plain.loss(),
            new NetworkOptions(List.of(16, 32), HeadType.F16),
            EPOCHS,
            input,
            plain.backend(),
            new OptimizerOptions(OptimizerKind.SGD, 0.9, 1e-4),
            ScheduleOptions.of(ScheduleKind.POWER, 1e-2).withWarmUp(10),
            plain.evaluateEvery(),
            plain.splitSeed(),
            plain.seed(),
            plain.out());
    assertResumesAlike(options, TrainingData.of(SmallRun.data().set(), input));
    assertThat(newest("whole").loss().balance()).isNotEqualTo(List.of(4.0, 1.0));
  }

  private void assertResumesAlike(TrainingOptions options, TrainingData data) throws IOException {
    SmallRun.run(options, data, new RecordedProgress(), silent());
    Path cut = folder.resolve("cut");
    TrainingOptions interrupted = options.with(EPOCHS, options.seed(), cut);
    assertThatThrownBy(
            () -> SmallRun.run(interrupted, data, new FailsAt(2, 3, new int[1]), silent()))
        .isInstanceOf(FailsAt.Failure.class);
    assertThat(rows("cut")).hasSize(2);
    assertThatThrownBy(() -> SmallRun.resume(cut, data, new FailsAt(4, 1, new int[1]), silent()))
        .isInstanceOf(FailsAt.Failure.class);
    RecordedProgress progress = new RecordedProgress();
    TrainingSummary summary = SmallRun.resume(cut, data, progress, silent());
    assertThat(progress.epochs).hasSize(1);
    assertThat(summary.finished()).isTrue();
    assertThat(summary.reports()).hasSize(EPOCHS);

    assertThat(rows("cut")).isEqualTo(rows("whole")).hasSize(EPOCHS + 1);
    assertThat(newest("cut").model()).isEqualTo(newest("whole").model());
    assertThat(Files.readString(cut.resolve("spec.json")))
        .isEqualTo(Files.readString(folder.resolve("whole/spec.json")));
    assertEventsAreWhole();
  }

  /** Three files, for two failures; each point of the uninterrupted curve is in one of them. */
  private void assertEventsAreWhole() throws IOException {
    List<String> whole = points("whole");
    assertThat(points("cut")).containsAll(whole);
    assertThat(whole).hasSizeGreaterThan(24);
    assertThat(eventFiles("cut")).hasSize(3);
    List<EventReader.Event> third = EventReader.read(eventFiles("cut").getLast());
    assertThat(third.get(1).sessionStart()).isTrue();
    assertThat(third.get(1).step()).isEqualTo(3 * 6 + 1);
  }

  private List<String> points(String name) throws IOException {
    List<String> points = new ArrayList<>();
    for (Path file : eventFiles(name)) {
      EventReader.read(file).stream()
          .filter(e -> !e.tag().isEmpty() && !e.tag().startsWith("pace/"))
          .map(e -> e.tag() + " " + e.step() + " " + e.value() + " " + e.image().length)
          .forEach(points::add);
    }
    return points;
  }

  private List<Path> eventFiles(String name) throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve(name))) {
      return files
          .filter(file -> file.getFileName().toString().startsWith("events.out"))
          .sorted()
          .toList();
    }
  }

  /** Another seed gives other numbers: the comparison above can fail. */
  @Test
  void anotherSeedIsSeen() throws IOException {
    TrainingOptions options = options(new LossChoice.Named(Preset.YOLOV5), "whole");
    SmallRun.run(
        options.with(1, 1, folder.resolve("one")),
        SmallRun.data(),
        new RecordedProgress(),
        silent());
    SmallRun.run(
        options.with(1, 2, folder.resolve("two")),
        SmallRun.data(),
        new RecordedProgress(),
        silent());
    assertThat(rows("one")).isNotEqualTo(rows("two"));
    assertThat(newest("one").model()).isNotEqualTo(newest("two").model());
  }

  @Test
  void aFinishedRunGetsItsPicturesAgain() throws IOException {
    TrainingOptions options =
        options(new LossChoice.Named(Preset.YOLOV5), "run").with(1, 1, folder.resolve("run"));
    SmallRun.run(options, SmallRun.data(), new RecordedProgress(), silent());
    List<String> rows = rows("run");
    Files.delete(folder.resolve("run/sheet.png"));
    RecordedProgress progress = new RecordedProgress();
    TrainingSummary summary =
        SmallRun.resume(folder.resolve("run"), SmallRun.data(), progress, silent());
    assertThat(progress.epochs).isEmpty();
    assertThat(summary.finished()).isTrue();
    assertThat(summary.precision()).isPresent();
    assertThat(folder.resolve("run/sheet.png")).exists();
    assertThat(rows("run")).isEqualTo(rows);
  }

  @Test
  void whatDoesNotFitIsRefused() throws IOException {
    Path run = folder.resolve("run");
    assertThatThrownBy(
            () -> SmallRun.resume(run, SmallRun.data(), new RecordedProgress(), silent()))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("holds no checkpoint");
    TrainingOptions options = options(new LossChoice.Named(Preset.YOLOV5), "run").with(1, 1, run);
    SmallRun.run(options, SmallRun.data(), new RecordedProgress(), silent());
    TrainingData others =
        TrainingData.of(new GeneratedShapes(24, 8, 96, 96, 8).dataSet(), InputOptions.of(96, 4));
    assertThatThrownBy(() -> SmallRun.resume(run, others, new RecordedProgress(), silent()))
        .isInstanceOf(TrainingException.class)
        .hasMessageContaining("are not those the run began with");
    assertThatThrownBy(
            () -> SmallRun.run(options, SmallRun.data(), new RecordedProgress(), silent()))
        .isInstanceOf(TrainingException.class)
        .hasMessageContaining("holds a run already")
        .hasMessageContaining("--resume " + run);
    String whole = Files.readString(run.resolve("metrics.csv"));
    String header = whole.lines().findFirst().orElseThrow();
    for (String text :
        List.of(
            "epoch\n",
            header + "\n",
            whole.replace("\n1,", "\n2,"),
            whole.replace("\n1,", "\none,") + "more",
            whole.replace(header, header + ",layer1_total_loss"))) {
      assertThat(text).isNotEqualTo(whole);
      Files.writeString(run.resolve("metrics.csv"), text);
      assertThatThrownBy(
              () -> SmallRun.resume(run, SmallRun.data(), new RecordedProgress(), silent()))
          .as(text)
          .isInstanceOf(TrainingException.class)
          .hasMessageContaining("metrics.csv");
      assertThat(Files.readString(run.resolve("metrics.csv"))).isEqualTo(text);
    }
  }

  /** What AUTO came to is stored, so that a resumed run computes where it began or says why not. */
  @Test
  void aResumedRunComputesWhereItBegan() {
    Path run = folder.resolve("run");
    TrainingOptions options =
        options(new LossChoice.Named(Preset.YOLOV5), "run").with(1, 1, run).with(Backend.AUTO);
    SmallRun.run(options, SmallRun.data(), new RecordedProgress(), silent());
    assertThat(SavedRun.newest(run).options().backend())
        .isEqualTo(TrainingRun.backend(options, SmallRun.data()))
        .isNotEqualTo(Backend.AUTO);

    Checkpoint whole = newest("run");
    Checkpoint elsewhere =
        new Checkpoint(
            whole.epoch(),
            OptionsJson.write(options.with(unavailable())),
            whole.spec(),
            whole.classes(),
            whole.dataFingerprint(),
            whole.model(),
            whole.optimizer(),
            whole.loss(),
            whole.assignments());
    CheckpointFolder.ofRun(run).save(elsewhere);
    assertThatThrownBy(
            () -> SmallRun.resume(run, SmallRun.data(), new RecordedProgress(), silent()))
        .isInstanceOf(BackendUnavailableException.class);
  }

  private static Backend unavailable() {
    LossSpec spec =
        LossSpec.builder(Preset.YOLOV5)
            .classes(1)
            .heads(Heads.builder().head(16, 20, 20).build())
            .build();
    for (Backend backend : List.of(Backend.CUDA, Backend.NATIVE)) {
      try (LossEngine engine = LossEngine.open(spec, backend)) {
        assertThat(engine.backend()).isEqualTo(backend);
      } catch (BackendUnavailableException e) {
        return backend;
      }
    }
    return Assumptions.abort("this machine has every backend");
  }

  @Test
  void anOptimizerOfOtherArraysIsRefused() {
    Path run = folder.resolve("run");
    TrainingOptions options = options(new LossChoice.Named(Preset.YOLOV5), "run").with(1, 1, run);
    SmallRun.run(options, SmallRun.data(), new RecordedProgress(), silent());
    Checkpoint whole = newest("run");
    String name = whole.optimizer().firstKey();
    ParameterState state = new ParameterState(3, List.of(new float[1], new float[1]));
    Map<String, ParameterState> changed = new TreeMap<>(whole.optimizer());
    changed.put(name, state);
    CheckpointFolder.ofRun(run)
        .save(
            new Checkpoint(
                whole.epoch(),
                whole.options(),
                whole.spec(),
                whole.classes(),
                whole.dataFingerprint(),
                whole.model(),
                Checkpoint.byName(changed),
                whole.loss(),
                whole.assignments()));
    assertThatThrownBy(
            () -> SmallRun.resume(run, SmallRun.data(), new RecordedProgress(), silent()))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("the state of " + name + " has arrays of 1 numbers; the parameter");
  }

  @Test
  void aRunIsWorkedOnOnceAtATime() {
    Path run = folder.resolve("run");
    TrainingOptions options = options(new LossChoice.Named(Preset.YOLOV5), "run").with(1, 1, run);
    SmallRun.run(options, SmallRun.data(), new RecordedProgress(), silent());
    try (FolderLock _ = FolderLock.of(run)) {
      assertThatThrownBy(
              () -> SmallRun.resume(run, SmallRun.data(), new RecordedProgress(), silent()))
          .isInstanceOf(TrainingException.class)
          .hasMessageContaining(run + ": another process is at work there");
    }
    assertThat(SmallRun.resume(run, SmallRun.data(), new RecordedProgress(), silent()).finished())
        .isTrue();
  }

  private TrainingOptions options(LossChoice loss, String name) {
    return SmallRun.options(loss, List.of(16), EPOCHS, folder.resolve(name));
  }

  private Checkpoint newest(String name) {
    return CheckpointFolder.ofRun(folder.resolve(name)).newest().checkpoint();
  }

  private List<String> rows(String name) throws IOException {
    return TimelessRows.of(folder.resolve(name).resolve("metrics.csv"));
  }

  private static PrintWriter silent() {
    return new PrintWriter(new StringWriter());
  }
}
