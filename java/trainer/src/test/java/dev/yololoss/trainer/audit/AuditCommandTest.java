package dev.yololoss.trainer.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.yololoss.trainer.audit.SmallData.Claim;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuditCommandTest {
  private static final Claim CAT = new Claim(0, 0, 0);
  private static final Claim DOG = new Claim(1, 2, 2);
  private static final List<List<Claim>> CLAIMS =
      List.of(List.of(CAT, DOG), List.of(CAT, DOG), List.of(CAT, DOG));

  @TempDir Path folder;

  private SmallData data;
  private Path out;

  @BeforeEach
  void data() {
    data = new SmallData(folder);
    out = folder.resolve("out");
  }

  private Run audit(Path... files) {
    Object[] arguments = new Object[6 + files.length];
    Object[] first = {"--data", folder, "--backend", "reference", "--out", out};
    System.arraycopy(first, 0, arguments, 0, first.length);
    System.arraycopy(files, 0, arguments, first.length, files.length);
    return Run.audit(arguments);
  }

  private List<String[]> table(String name) throws IOException {
    return Files.readAllLines(out.resolve(name)).stream().map(line -> line.split(",", -1)).toList();
  }

  @Test
  void theLabelThatThePredictionDisagreesWithIsFirst() throws IOException {
    data.image("a", CAT.label(), DOG.label());
    data.image("b", CAT.label(), DOG.label(5));
    data.image("c", CAT.label(), new Claim(0, 2, 2).label());
    Run run = audit(data.predictions("p.safetensors", SmallData.names("a", "b", "c"), CLAIMS));
    assertThat(run.exit()).as(run.err()).isZero();
    assertThat(run.out())
        .contains("3 of 3 images, 6 labels, of which the loss makes no slot responsible for 0")
        .contains("worst label: images/c.png, label 1, cat: ")
        .contains("wrote " + out.resolve("labels.csv"));

    List<String[]> labels = table("labels.csv");
    assertThat(labels.getFirst()).startsWith("image", "label", "class", "left");
    assertThat(labels).hasSize(7);
    // BCE of a logit of 8 that should be -8 and the reverse: a mean of 8.0003 for two classes
    assertThat(labels.get(1)).startsWith("images/c.png", "1", "cat", "30.0000");
    assertThat(Double.parseDouble(labels.get(1)[12])).isCloseTo(16.00067, within(1e-4));
    assertThat(labels.get(2)).startsWith("images/b.png", "1", "dog", "35.0000");
    // moved by 5 of 20 pixels: IoU 15 / 25
    assertThat(Double.parseDouble(labels.get(2)[13])).isCloseTo(0.6, within(1e-6));
    assertThat(Double.parseDouble(labels.get(3)[9])).isLessThan(0.01);

    List<String[]> images = table("images.csv");
    assertThat(images.get(1)[0]).isEqualTo("images/c.png");
    assertThat(images.get(2)[0]).isEqualTo("images/b.png");
    assertThat(Double.parseDouble(images.get(3)[1])).isLessThan(0.01).isPositive();

    List<String[]> missing = table("missing-labels.csv");
    assertThat(missing).hasSize(2);
    assertThat(missing.get(1)).startsWith("images/c.png", "dog").contains("other class");
    BufferedImage sheet = ImageIO.read(out.resolve("worst-labels-1.png").toFile());
    assertThat(sheet.getWidth()).isGreaterThan(1000);
    assertThat(out.resolve("missing-labels-1.png")).exists();
  }

  @Test
  void whatIsFoundAndNotLabelledIsListed() throws IOException {
    data.image("a", CAT.label(), DOG.label());
    data.image("b", CAT.label());
    Run run =
        audit(
            data.predictions("a.safetensors", SmallData.names("a"), List.of(List.of(CAT, DOG))),
            data.predictions("b.safetensors", SmallData.names("b"), List.of(List.of(CAT, DOG))));
    assertThat(run.exit()).as(run.err()).isZero();
    List<String[]> missing = table("missing-labels.csv");
    assertThat(missing).hasSize(2);
    assertThat(missing.get(1))
        .startsWith("images/b.png", "dog")
        .endsWith("30.0000", "30.0000", "50.0000", "50.0000", "no label", "0.00000");
    assertThat(Double.parseDouble(missing.get(1)[2])).isCloseTo(0.99933, within(1e-4));
    assertThat(table("images.csv").get(1)).startsWith("images/b.png");
  }

  /** The negative control: nothing is found fault with where prediction and labels agree. */
  @Test
  void agreementGivesNothing() throws IOException {
    data.image("a", CAT.label(), DOG.label());
    Run run =
        audit(data.predictions("p.safetensors", SmallData.names("a"), List.of(List.of(CAT, DOG))));
    assertThat(run.exit()).as(run.err()).isZero();
    assertThat(run.out()).contains("0 confident predictions that no label explains");
    assertThat(table("missing-labels.csv")).hasSize(1);
    for (String[] label : table("labels.csv").subList(1, 3)) {
      assertThat(Double.parseDouble(label[9])).isLessThan(0.01);
    }
    assertThat(out.resolve("missing-labels-1.png")).doesNotExist();
  }

  @Test
  void anImagesLossDoesNotDependOnItsNeighbours() throws IOException {
    data.image("a", CAT.label(3), DOG.label());
    data.image("b", DOG.label(4));
    audit(
        data.predictions(
            "p.safetensors", SmallData.names("a", "b"), List.of(List.of(CAT), List.of(DOG))));
    List<String> together = Files.readAllLines(out.resolve("images.csv"));
    out = folder.resolve("other");
    audit(
        data.predictions("b.safetensors", SmallData.names("b"), List.of(List.of(DOG))),
        data.predictions("a.safetensors", SmallData.names("a"), List.of(List.of(CAT))));
    assertThat(Files.readAllLines(out.resolve("images.csv"))).isEqualTo(together).hasSize(3);
  }

  @Test
  void aLabelOfAShapeThatNoAnchorTakesIsLastAndHasNoLoss() throws IOException {
    data.image("a", "0 0.5 0.5 0.02 0.9", CAT.label());
    Run run = audit(data.predictions("p.safetensors", SmallData.names("a"), List.of(List.of(CAT))));
    assertThat(run.out()).contains("2 labels, of which the loss makes no slot responsible for 1");
    String[] last = table("labels.csv").getLast();
    assertThat(last).startsWith("images/a.png", "0", "cat");
    assertThat(last[7]).isEqualTo("0");
    assertThat(last[9]).isEmpty();
  }
}
