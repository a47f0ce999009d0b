package dev.yololoss.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.yololoss.spec.Heads;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Preset;
import dev.yololoss.trainer.checkpoint.CheckpointException;
import dev.yololoss.trainer.checkpoint.StoredArray;
import java.util.SortedMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DetectorTest {
  @BeforeEach
  void load() {
    PyTorch.start();
  }

  private static LossSpec spec(Preset preset, int classes) {
    return LossSpec.builder(preset)
        .classes(classes)
        .heads(Heads.builder().head(16, 20, 20, 40, 30).build())
        .build();
  }

  private static SortedMap<String, StoredArray> first(Preset preset, long seed) {
    try (Detector detector = Detector.initialised(spec(preset, 3), HeadType.F32, 64, seed)) {
      return detector.arrays();
    }
  }

  /** Whatever the loss, so that losses can be compared. */
  @Test
  void equalSeedsGiveEqualFirstParametersForEveryLoss() {
    SortedMap<String, StoredArray> yolov5 = first(Preset.YOLOV5, 1);
    for (Preset preset : Preset.values()) {
      assertThat(first(preset, 1)).isEqualTo(yolov5);
    }
    assertThat(first(Preset.YOLOV5, 2)).isNotEqualTo(yolov5);
  }

  @Test
  void takesTheParametersOfAnother() {
    SortedMap<String, StoredArray> wanted = first(Preset.YOLOV5, 2);
    try (Detector detector = Detector.initialised(spec(Preset.YOLOV5, 3), HeadType.F32, 64, 1)) {
      detector.load(wanted);
      assertThat(detector.arrays()).isEqualTo(wanted);
    }
    try (Detector other = Detector.initialised(spec(Preset.YOLOV5, 4), HeadType.F32, 64, 1)) {
      assertThatThrownBy(() -> other.load(wanted))
          .isInstanceOf(CheckpointException.class)
          .hasMessageContaining("the checkpoint is of another network");
    }
  }
}
