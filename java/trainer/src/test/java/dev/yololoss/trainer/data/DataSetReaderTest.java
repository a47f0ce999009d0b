package dev.yololoss.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataSetReaderTest {
  @TempDir Path folder;

  @Test
  void saysWhatItLookedFor() {
    new Fixture(folder).image("images/a.png", 4, 4);

    assertThatThrownBy(() -> DetectionDataSet.read(folder, 1))
        .isInstanceOf(DataException.class)
        .hasMessageContaining(folder + ": not a data set; looked for one of")
        .hasMessageContaining("Annotations/*.xml beside JPEGImages/")
        .hasMessageContaining("annotations/instances_*.json")
        .hasMessageContaining("labels/*.txt beside images/");
  }

  @Test
  void saysThatTheFolderIsNotThere() {
    assertThatThrownBy(() -> DetectionDataSet.read(folder.resolve("nowhere"), 1))
        .isInstanceOf(DataException.class)
        .hasMessage(folder.resolve("nowhere") + ": no such folder");
  }

  @Test
  void splitsWithoutLosingAnItem() {
    for (int count : new int[] {0, 1, 2, 3, 7, 100}) {
      List<Integer> items = IntStream.range(0, count).boxed().toList();
      Split<Integer> split = Split.seeded(items, List.of(), 3);

      assertThat(split.trainingAndValidation()).containsExactlyInAnyOrderElementsOf(items);
      assertThat(split.validation().size())
          .isEqualTo(count < 2 ? 0 : Math.max(1, Math.round(count * 0.2f)));
    }
  }
}
