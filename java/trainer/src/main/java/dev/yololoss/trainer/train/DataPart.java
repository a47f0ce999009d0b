package dev.yololoss.trainer.train;

import dev.yololoss.trainer.data.DetectionDataSet;
import dev.yololoss.trainer.data.LabelledImage;
import java.util.List;

/** Which images of a data set. */
public enum DataPart {
  VALIDATION,
  TRAINING,
  TEST;

  List<LabelledImage> of(DetectionDataSet data) {
    return switch (this) {
      case VALIDATION -> data.validation();
      case TRAINING -> data.training();
      case TEST -> data.heldOut();
    };
  }
}
