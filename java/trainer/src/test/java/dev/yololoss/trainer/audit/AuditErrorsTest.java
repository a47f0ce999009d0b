package dev.yololoss.trainer.audit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.yololoss.trainer.audit.SmallData.Claim;
import dev.yololoss.trainer.safetensors.SafetensorsWriter;
import dev.yololoss.trainer.safetensors.TensorType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What cannot be used is named in one line. */
class AuditErrorsTest {
  private static final List<List<Claim>> NOTHING = List.of(List.of());
  private static final double[] ONE = SmallData.heads(NOTHING);

  @TempDir Path folder;

  private SmallData data;

  @BeforeEach
  void data() throws IOException {
    data = new SmallData(folder);
    data.image("a", new Claim(0, 1, 1).label());
  }

  @Test
  void filesThatAreNoPredictions() throws IOException {
    refused(write(new SafetensorsWriter().metadata("images", "[]")), "has no metadata \"spec\"");
    refused(write(described()), "has no metadata \"images\"");
    refused(write(described().metadata("images", "{")), "\"images\" is no JSON: ");
    refused(write(described().metadata("images", "5")), "\"images\" is no JSON array");
    refused(write(described().metadata("images", "[5]")), "\"images\" holds 5; must hold names");
    refused(write(described().metadata("images", "[]")), "has no tensor \"pred.0\"");
    refused(
        write(named("a", "b").add("pred.0", TensorType.F32, ONE, 1, 7, 4, 4)), "[2, 7, any, any]");
    refused(write(named("a").add("pred.0", TensorType.F32, ONE, 1, 8, 7, 2)), "[1, 8, 7, 2]");
    refused(write(good().add("pred.1", TensorType.F32, new double[0], 0)), "the loss has 1 heads");
    refused(folder.resolve("no.safetensors"), "does not exist");
    SafetensorsWriter other =
        new SafetensorsWriter().metadata("spec", "{}").metadata("images", "[]");
    refused(write(other), "metadata \"spec\": ");
  }

  @Test
  void filesThatDoNotFitTheData() throws IOException {
    refused(
        write(named("z").add("pred.0", TensorType.F32, ONE, 1, 7, 4, 4)),
        "image 0 is called \"images/z.png\"; "
            + folder
            + " has no such image, but for example"
            + " [images/a.png]");
    double[] two = SmallData.heads(List.of(List.of(), List.of()));
    refused(
        write(named("a", "a").add("pred.0", TensorType.F32, two, 2, 7, 4, 4)),
        "image 1, \"images/a.png\", was in ");
    refused(
        write(good().metadata("classes", "[\"cat\", \"cow\"]")),
        "calls class 1 cow; the data calls it dog");
    refused(write(good().metadata("classes", "[\"cat\"]")), "calls class 1 nothing");
    refused(
        write(good().metadata("classes", "[\"cat\", \"dog\", \"cow\"]")), "names 3; the data 2");
    Files.writeString(folder.resolve("classes.txt"), "cat\ndog\ncow\n");
    refused(write(good()), "the loss has 2 classes; the data 3: [cat, dog, cow]");
  }

  @Test
  void numbersThatAreNone() throws IOException {
    double[] spoilt = ONE.clone();
    spoilt[4 * 16 + 3] = Double.NaN;
    refused(
        write(named("a").add("pred.0", TensorType.F32, spoilt, 1, 7, 4, 4)),
        "image 0, images/a.png: ");
  }

  @Test
  void anInputThatIsNoSquareHasToBeStretched() throws IOException {
    double[] half = new double[7 * 8];
    Path file = write(named("a").add("pred.0", TensorType.F32, half, 1, 7, 2, 4));
    refused(file, "is for inputs of 64 x 32 pixels");
    Run run = run(file, "--fit", "stretch");
    assertThat(run.exit()).as(run.err()).isZero();
  }

  @Test
  void optionsOutOfRange() throws IOException {
    Path file = write(good());
    refused(file, "--confidence is 1.5; must lie in 0..1", "--confidence", "1.5");
    refused(file, "--confidence is NaN", "--confidence", "NaN");
    refused(file, "--overlap is 0.0; must be greater than 0", "--overlap", "0");
    refused(file, "--spec is /no/such", "--spec", "/no/such");
    Path spec = Files.writeString(folder.resolve("loss.json"), "{\"preset\": \"yolov2\"}");
    refused(file, "is another loss than --spec", "--spec", spec.toString());
    Files.writeString(spec, "{");
    refused(file, "--spec " + spec + ": ", "--spec", spec.toString());
    Path taken = Files.createDirectories(folder.resolve("taken"));
    Files.writeString(taken.resolve("mine"), "");
    refused(file, "--out " + taken + ": is not empty", "--out", taken.toString());
    Run nothing = Run.audit("--data", "/no/such", file);
    assertThat(nothing.exit()).isEqualTo(2);
    assertThat(nothing.err()).contains("--data is /no/such; must be a folder");
  }

  private static SafetensorsWriter described() {
    return new SafetensorsWriter().metadata("spec", SmallData.SPEC.toJson());
  }

  private static SafetensorsWriter named(String... names) {
    return described().metadata("images", SmallData.names(names));
  }

  private static SafetensorsWriter good() {
    return SmallData.writer(SmallData.names("a"), NOTHING);
  }

  private Path write(SafetensorsWriter writer) throws IOException {
    Path file = folder.resolve("p.safetensors");
    writer.write(file);
    return file;
  }

  private Run run(Path file, Object... more) {
    Object[] first = {"--data", folder, "--backend", "reference", file};
    Object[] all = new Object[first.length + more.length + 2];
    System.arraycopy(first, 0, all, 0, first.length);
    System.arraycopy(more, 0, all, first.length, more.length);
    boolean named = List.of(more).contains("--out");
    all[all.length - 2] = named ? "--fit" : "--out";
    all[all.length - 1] = named ? "letterbox" : folder.resolve("out");
    return Run.audit(all);
  }

  private void refused(Path file, String words, Object... more) {
    Run run = run(file, more);
    assertThat(run.exit()).isEqualTo(2);
    assertThat(run.err()).contains(words);
    assertThat(folder.resolve("out/labels.csv")).doesNotExist();
  }
}
