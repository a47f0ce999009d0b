package dev.yololoss.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Preset;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class CommandLineTest {
  @TempDir Path folder;

  private record Answer(int status, String out, String err) {}

  @ParameterizedTest
  @EnumSource(Preset.class)
  void specPrintsWhatTheEngineReadsBack(Preset preset) {
    Answer answer = run("spec", preset.id());
    assertThat(answer.status).isZero();
    assertThat(LossSpec.fromJson(answer.out)).isEqualTo(LossSpec.of(preset));
  }

  @Test
  void specKnowsAliases() {
    assertThat(LossSpec.fromJson(run("spec", "dena").out).preset()).isEqualTo(Preset.YOLOV3_BCE);
  }

  @Test
  void lossesHasALineForEachPreset() {
    Answer answer = run("losses");
    assertThat(answer.status).isZero();
    assertThat(answer.out.lines()).hasSize(Preset.values().length);
    for (Preset preset : Preset.values()) {
      assertThat(answer.out).contains(preset.id()).contains(preset.formula());
      preset.aliases().forEach(alias -> assertThat(answer.out).contains(alias));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "spec yolov9 | preset is \"yolov9\"; allowed are yolov5,",
        "spec | NAME",
        "train --size 100 | --size is 100; must be a multiple of the largest stride, 16",
        "train --size 0 | --size is 0; must be a multiple of the largest stride, 16",
        "train --size 80 --strides 8,32 | --size is 80; must be a multiple of the largest stride,"
            + " 32",
        "train --size big | '--size': 'big'",
        "train --strides 12 | --strides is 12; allowed are 2, 4, 8, 16, 32, 64",
        "train --start-from none | --start-from is none; must be a run's folder or one of its",
        "train --start-from / --strides 8 | --strides belongs to a new network; --start-from takes",
        "train --start-from / --size 0 | --size is 0; must be at least 1",
        "compare --losses yolov5 --start-from / | Unknown option",
        "train --strides 8,8 | each may be named once",
        "train --epochs 0 | --epochs is 0; must be at least 1",
        "train --batch -1 | --batch is -1; must be at least 1",
        "train --learning-rate 0 | --learning-rate is 0.0; must be greater than 0 and at most 1",
        "train --learning-rate NaN | --learning-rate is NaN",
        "train --backend gpu | 'gpu'",
        "train --preset yolov9 | --preset: preset is \"yolov9\"; allowed are",
        "train --data /no/such | --data is /no/such; must be a folder that is there",
        "train --spec /no/such | --spec is /no/such; must be a file that can be read",
        "train --preset yolov2 --spec x | mutually exclusive",
        "train --multi-scale 96:64:32 | no range of sizes",
        "train --multi-scale big | 'big' is no range of sizes; must be like 416 or 320:608:32",
        "train --multi-scale 96:128:20 | --multi-scale is 116; must be a multiple of the largest",
        "train --momentum 0.5 | --momentum belongs to --optimizer sgd; this is adam",
        "train --optimizer sgd --momentum 1 | --momentum is 1.0; must be 0 to below 1",
        "train --weight-decay -1 | --weight-decay is -1.0; must be 0 to 1",
        "train --weight-decay NaN | --weight-decay is NaN; must be 0 to 1",
        "train --optimizer lion | 'lion'",
        "train --schedule line | 'line'",
        "train --warm-up -1 | --warm-up is -1; must be at least 0",
        "train --schedule power --warm-up 0 | --warm-up is 0; must be at least 1",
        "train --drop-epochs 3 | --drop-epochs belongs to --schedule step; this is cosine",
        "train --schedule step --drop-epochs 0 | --drop-epochs is 0; must be at least 1",
        "train --schedule step --drop-factor 2 | --drop-factor is 2.0; must be 0 to 1",
        "train --first-rate 0.1 | --first-rate belongs to --schedule power; this is cosine",
        "train --schedule power --rate-exponent NaN | --rate-exponent is NaN; must be 0 to 10",
        "train --evaluate-every 0 | --evaluate-every is 0; must be at least 1",
        "train --head-type f64 | 'f64'",
        "train --resume /no/such | /no/such/checkpoints: holds no checkpoint",
        "train --resume /no/such --size 96 | --resume goes on as the run began; take --size away",
        "train --resume /no/such --epochs 3 | --resume goes on as the run began; take --epochs",
        "evaluate | RUN",
        "evaluate /no/such | RUN is /no/such; must be a run's folder or one of its checkpoints",
        "evaluate / | /checkpoints: holds no checkpoint",
        "evaluate / --data /no/such | --data is /no/such; must be a folder that is there",
        "evaluate / --sizes 0 | no range of sizes",
        "evaluate / --sizes 64:96 | no range of sizes",
        "evaluate / --batch 0 | --batch is 0; must be at least 1",
        "evaluate / --part some | 'some'",
        "compare | name what to compare: --losses, --question or --resume",
        "compare --losses yolov5,yolov9 | --losses: preset is \"yolov9\"; allowed are",
        "compare --losses yolov5,yolov5 | --losses: name yolov5 is there twice",
        "compare --losses /no/such.json | --losses is /no/such.json; must be a file that can be",
        "compare --question F | --question is F; must be a file that can be read",
        "compare --question A --losses yolov5 | mutually exclusive",
        "compare --question A --seeds 0 | --seeds is 0; must be at least 1",
        "compare --question A --epochs 0 | --epochs is 0; must be at least 1",
        "compare --question A --rate-epochs 0 | --rate-epochs is 0; must be at least 1",
        "compare --question A --rates 0.1,2 | --rates is 2.0; must be greater than 0 and at most 1",
        "compare --question A --rates 0.1,0.1 | --rates is [0.1, 0.1]; each may be named once",
        "compare --question A --data /no/such | --data is /no/such; must be a folder that is there",
        "compare --question A --size 100 | --size is 100; must be a multiple of the largest stride",
        "compare --resume /no/such | --resume /no/such: holds no comparison",
        "compare --resume /no/such --seeds 2 | --resume goes on as the run began; take --seeds",
        "check-labels /no/such | /no/such: no such folder",
        "fly | 'fly'",
        "'' | name a command: train, evaluate, compare, spec, losses, check-labels, doctor, check,"
            + " audit",
      })
  void whatCannotBeHadIsSaidInOneLine(String arguments, String expected) {
    Answer answer = run(arguments.isEmpty() ? new String[0] : arguments.split(" "));
    assertThat(answer.status).as(answer.err).isEqualTo(2);
    assertThat(answer.err.lines()).hasSize(1);
    assertThat(answer.err).contains(expected);
    assertThat(answer.out).isEmpty();
  }

  @Test
  void aSpecFileThatIsNoSpecIsNamed() throws IOException {
    Path file = folder.resolve("loss.json");
    for (String text :
        new String[] {"{", "[]", "{\"preset\": \"yolov5\", \"boxes\": 1}", "{\"classes\": 3}"}) {
      Files.writeString(file, text);
      Answer answer = run("train", "--spec", file.toString(), "--out", folder + "/run");
      assertThat(answer.status).as(text).isEqualTo(2);
      assertThat(answer.err.lines()).as(answer.err).hasSize(1);
      assertThat(answer.err).startsWith("--spec " + file + ": ");
      assertThat(folder.resolve("run")).doesNotExist();
    }
  }

  @Test
  void aSpecForOtherClassesIsRefused() throws IOException {
    Path file = folder.resolve("loss.json");
    Files.writeString(file, "{\"preset\": \"yolov5\", \"classes\": 7}");
    Answer answer = run("train", "--spec", file.toString(), "--out", folder + "/run");
    assertThat(answer.status).isEqualTo(2);
    assertThat(answer.err).contains("classes is 7; the data has 4: [disc, square");
  }

  @Test
  void aFolderWithARunIsNotWrittenOver() throws IOException {
    Files.writeString(folder.resolve("metrics.csv"), "mine");
    Answer answer = run("train", "--out", folder.toString());
    assertThat(answer.status).isEqualTo(2);
    assertThat(answer.err).contains("--out " + folder + ": holds a run already");
    assertThat(folder.resolve("metrics.csv")).hasContent("mine");
  }

  @Test
  void checkLabelsNamesFileAndLineAndFails() throws IOException {
    Files.createDirectories(folder.resolve("images"));
    Files.createDirectories(folder.resolve("labels"));
    Pictures.grey(folder.resolve("images/a.png"));
    Files.writeString(folder.resolve("classes.txt"), "thing\n");
    Files.writeString(folder.resolve("labels/a.txt"), "0 0.5 0.5 0.2 0.2\n0 0.5 0.5 -1 0.2\n");
    Answer bad = run("check-labels", folder.toString());
    assertThat(bad.status).as(bad.err).isEqualTo(1);
    assertThat(bad.out).contains("labels/a.txt:2: ");

    Files.writeString(folder.resolve("labels/a.txt"), "0 0.5 0.5 0.2 0.2\n");
    Answer good = run("check-labels", folder.toString());
    assertThat(good.status).as(good.out).isZero();
    assertThat(good.out).contains("no problems");
  }

  @Test
  void aDamagedCheckpointIsNamed() throws IOException {
    Path file =
        Files.createDirectories(folder.resolve("checkpoints")).resolve("epoch-000001.safetensors");
    Files.write(file, new byte[100]);
    for (String[] command :
        new String[][] {
          {"train", "--resume", folder.toString()},
          {"evaluate", folder.toString()},
          {"evaluate", file.toString()}
        }) {
      Answer answer = run(command);
      assertThat(answer.status).isEqualTo(2);
      assertThat(answer.err.lines()).as(answer.err).hasSize(1);
      assertThat(answer.err).contains(file.toString());
    }
  }

  private static Answer run(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int status =
        CommandLine.create()
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(err))
            .execute(arguments);
    return new Answer(status, out.toString(), err.toString());
  }
}
