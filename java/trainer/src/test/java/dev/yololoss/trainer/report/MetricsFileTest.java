package dev.yololoss.trainer.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetricsFileTest {
  private static final EpochReport FIRST =
      new EpochReport(
          1,
          0.001,
          new Losses(6.5, 1.25, 4, 1.25),
          new Matches(1234, 56, 0.61, 0.72, 0.31, 0.55, 0.0125, Double.NaN),
          new Pace(812.5, 0.043, 17.25),
          new Precision(0.5, 0.25, 0.125),
          List.of(new Losses(4.5, 0.25, 3, 1.25), new Losses(2, 1, 1, 0)));

  @TempDir Path folder;

  @Test
  void theFileInFull() throws IOException {
    Path path = folder.resolve("metrics.csv");
    assertThat(MetricsFile.open(path, 2).append(FIRST)).isEqualTo(path);
    assertThat(path)
        .hasContent(
            """
            epoch,learning_rate,total_loss,box_loss,objectness_loss,classification_loss,\
            positives,ignored,mean_iou,recall50,recall75,objectness_on_matches,\
            objectness_elsewhere,assignment_churn,images_per_second,loss_share,\
            mAP50,mAP50_95,mAP_voc07,seconds,\
            layer0_total_loss,layer0_box_loss,layer0_objectness_loss,layer0_classification_loss,\
            layer1_total_loss,layer1_box_loss,layer1_objectness_loss,layer1_classification_loss
            1,0.001,6.5,1.25,4.0,1.25,\
            1234,56,0.61,0.72,0.31,0.55,\
            0.0125,,812.5,0.043,0.5,0.25,0.125,17.25,4.5,0.25,3.0,1.25,2.0,1.0,1.0,0.0
            """);
    assertThat(folder).isDirectoryNotContaining("glob:**.partial");
  }

  @Test
  void whatWasNotEvaluatedIsAnEmptyCellAndADivergedLossIsNot() throws IOException {
    Path path = folder.resolve("metrics.csv");
    EpochReport diverged =
        Samples.report(
            2, new Losses(Double.NaN, Double.POSITIVE_INFINITY, 1, 2), Precision.NOT_EVALUATED);
    MetricsFile.open(path, 0).append(diverged);
    assertThat(Files.readAllLines(path).getLast())
        .startsWith("2,0.001,NaN,Infinity,1.0,2.0,")
        .endsWith(",0.043,,,,17.25");
    assertThat(MetricsFile.read(path)).containsExactly(diverged);
  }

  @Test
  void everyDigitComesBack() throws IOException {
    long seed = 99;
    System.out.println("seed " + seed);
    Path path = folder.resolve("metrics.csv");
    List<EpochReport> reports = Samples.run(20, seed);
    MetricsFile file = MetricsFile.open(path, 0);
    for (EpochReport report : reports) {
      file.append(report);
      assertThat(MetricsFile.read(path)).hasSize(report.epoch());
    }
    assertThat(MetricsFile.read(path)).isEqualTo(reports);
  }

  @Test
  void aCommaLocaleChangesNothing() throws IOException {
    Locale before = Locale.getDefault();
    Locale.setDefault(Locale.GERMANY);
    try {
      Path path = folder.resolve("metrics.csv");
      MetricsFile.open(path, 2).append(FIRST);
      assertThat(String.format("%.1f", 0.5)).isEqualTo("0,5");
      assertThat(Files.readAllLines(path).getLast()).startsWith("1,0.001,6.5,1.25,4.0,");
      assertThat(MetricsFile.read(path)).containsExactly(FIRST);
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void anExistingFileIsTakenUp() throws IOException {
    Path path = folder.resolve("metrics.csv");
    MetricsFile.open(path, 2).append(FIRST);
    EpochReport second =
        new EpochReport(
            2,
            0.002,
            FIRST.losses(),
            FIRST.matches(),
            FIRST.pace(),
            Precision.NOT_EVALUATED,
            FIRST.layers());
    MetricsFile.open(path, 2).append(second);
    assertThat(MetricsFile.read(path)).containsExactly(FIRST, second);
  }

  @Test
  void anotherFileIsRefusedAndLeftAlone() throws IOException {
    Path other = Files.writeString(folder.resolve("other.csv"), "a,b\n1,2\n");
    assertThatIOException()
        .isThrownBy(() -> MetricsFile.open(other, 2))
        .withMessageContaining("other.csv")
        .withMessageContaining("header");
    assertThat(other).hasContent("a,b\n1,2\n");
  }

  @Test
  void damageIsNamed() throws IOException {
    Path path = folder.resolve("metrics.csv");
    MetricsFile.open(path, 2).append(FIRST);
    String whole = Files.readString(path);
    Files.writeString(path, "2,0.001,6", StandardOpenOption.APPEND);
    assertThatIOException()
        .isThrownBy(() -> MetricsFile.read(path))
        .withMessageContaining("line 3 has no end");
    Files.writeString(path, whole + "2,0.001,6\n");
    assertThatIOException()
        .isThrownBy(() -> MetricsFile.read(path))
        .withMessageContaining("3 cells instead of 28 in: 2,0.001,6");
    Files.writeString(path, whole.replace("812.5", "fast"));
    assertThatIOException().isThrownBy(() -> MetricsFile.read(path)).withMessageContaining("fast");
  }

  @Test
  void whatCameAfterACheckpointIsCutOff() throws IOException {
    Path path = folder.resolve("metrics.csv");
    MetricsFile file = MetricsFile.open(path, 0);
    List<EpochReport> reports = Samples.run(5, 1);
    for (EpochReport report : reports) {
      file.append(report);
    }
    Files.writeString(path, "6,0.001,6", StandardOpenOption.APPEND);
    MetricsFile.cutAfter(path, 5, 0);
    assertThat(MetricsFile.read(path)).isEqualTo(reports);
    MetricsFile.cutAfter(path, 3, 0);
    assertThat(MetricsFile.read(path)).isEqualTo(reports.subList(0, 3));
    assertThatIOException()
        .isThrownBy(() -> MetricsFile.cutAfter(path, 4, 0))
        .withMessageContaining("has 3 epochs; the checkpoint is of epoch 4");
    MetricsFile.cutAfter(path, 0, 0).append(reports.getFirst());
    assertThat(MetricsFile.read(path)).isEqualTo(reports.subList(0, 1));
  }

  @Test
  void aMissingFolderIsAnError() {
    assertThatIOException()
        .isThrownBy(() -> MetricsFile.open(folder.resolve("none/metrics.csv"), 1))
        .withMessageContaining("none");
  }
}
