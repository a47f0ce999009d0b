package dev.yololoss.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;

/** Nothing is lost between the label files and the data set. */
final class Books {
  private Books() {}

  static void assertBalanced(DetectionDataSet dataSet) {
    LabelReport report = dataSet.report();
    List<LabelledImage> images =
        Stream.of(dataSet.training(), dataSet.validation(), dataSet.heldOut())
            .flatMap(List::stream)
            .toList();
    int held = images.stream().mapToInt(image -> image.boxes().size()).sum();
    assertThat(report.boxes()).isEqualTo(report.used() + report.ignored() + report.skipped());
    assertThat(held).isEqualTo(report.used() + report.ignored());
    assertThat(images).hasSize(report.images() - report.skippedImages());
    assertThat(images).extracting(LabelledImage::name).doesNotHaveDuplicates();
    assertThat(report.usedByClass().keySet()).containsExactlyElementsOf(dataSet.classes());
    assertThat(report.usedByClass().values().stream().mapToInt(Integer::intValue).sum())
        .isEqualTo(report.used());
  }
}
