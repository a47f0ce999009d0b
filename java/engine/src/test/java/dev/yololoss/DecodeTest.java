package dev.yololoss;

import static org.assertj.core.api.Assertions.assertThat;

import dev.yololoss.spec.AnchorUnit;
import dev.yololoss.spec.BoxDecoding;
import dev.yololoss.spec.Heads;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Preset;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Decoding against numbers worked out by hand. */
class DecodeTest {
  /** ln 3, whose sigmoid is 3/4; its opposite has 1/4. */
  private static final double LN3 = Math.log(3);

  private static final double LN2 = Math.log(2);
  private static final Heads HEADS = Heads.builder().head(32, 40, 24).build();

  private static double[] decodeLastCell(LossSpec spec, double... raw) {
    HeadTensor tensor =
        TensorLayout.NCHW.allocate(ElementType.F64, 1, 1, raw.length, 2, 3, (byte) 0).tensor();
    for (int attribute = 0; attribute < raw.length; attribute++) {
      tensor.set(0, 0, attribute, 1, 2, raw[attribute]);
    }
    try (LossEngine engine = LossEngine.open(spec, Backend.REFERENCE)) {
      DecodedBoxes boxes = engine.decode(List.of(tensor));
      assertThat(boxes.images()).isEqualTo(1);
      assertThat(boxes.boxes()).isEqualTo(6);
      double[] last = new double[raw.length];
      last[0] = boxes.centreX(0, 5);
      last[1] = boxes.centreY(0, 5);
      last[2] = boxes.width(0, 5);
      last[3] = boxes.height(0, 5);
      last[4] = boxes.objectness(0, 5);
      for (int c = 0; c < boxes.classes(); c++) {
        last[5 + c] = boxes.probability(0, 5, c);
      }
      return last;
    }
  }

  private static void check(LossSpec spec, double[] raw, double... expected) {
    ParityAssert.within(1e-14, 0)
        .check(spec.preset() + " " + spec.decoding(), expected, decodeLastCell(spec, raw));
  }

  private static LossSpec spec(Preset preset, Heads heads, int classes) {
    return LossSpec.builder(preset).classes(classes).heads(heads).build();
  }

  @Test
  void sigmoidAndExponential() {
    double[] raw = {LN3, -LN3, LN2, 0, 0, LN3, -LN3};
    double[] expected = {2.75 * 32, 1.25 * 32, 80, 24, 0.5, 0.75, 0.25};
    for (Preset preset : List.of(Preset.YOLOV3_LOGITS, Preset.YOLOV3_BCE)) {
      check(spec(preset, HEADS, 2), raw, expected);
    }
  }

  @Test
  void softmaxWhereTheLossTrainsIt() {
    double[] raw = {LN3, -LN3, LN2, 0, 0, LN3, 0};
    check(spec(Preset.YOLOV2, HEADS, 2), raw, 88, 40, 80, 24, 0.5, 0.75, 0.25);
    double[] large = {0, 0, 0, 0, 0, 1000, 1000};
    check(spec(Preset.YOLOV2, HEADS, 2), large, 80, 48, 40, 24, 0.5, 0.5, 0.5);
  }

  @Test
  void sidesAreLimitedToTheLongerSideOfTheGrid() {
    double[] raw = {0, 0, LN2, 10, 0, 0};
    for (Preset preset : List.of(Preset.YOLOV3_RATIO, Preset.YOLOV3_BEST)) {
      check(spec(preset, HEADS, 1), raw, 80, 48, 80, 96, 0.5, 0.5);
    }
  }

  @Test
  void yolov5ReachesOverItsCell() {
    double[] raw = {LN3, -LN3, LN3, 0, LN3, LN3, 0};
    double[] box = {(2 + 1.0) * 32, (1 + 0.0) * 32, 40 * 2.25, 24, 0.75};
    check(spec(Preset.YOLOV5, HEADS, 2), raw, box[0], box[1], box[2], box[3], box[4], 0.75, 0.5);
    check(
        spec(Preset.YOLOV5_CE, HEADS, 2), raw, box[0], box[1], box[2], box[3], box[4], 0.75, 0.25);
  }

  @Test
  void yolov5IsSureOfASingleClass() {
    check(spec(Preset.YOLOV5, HEADS, 1), new double[] {0, 0, 0, 0, 0, -9}, 80, 48, 40, 24, 0.5, 1);
    check(
        spec(Preset.YOLOV3_BCE, HEADS, 1),
        new double[] {0, 0, 0, 0, 0, -LN3},
        80,
        48,
        40,
        24,
        0.5,
        0.25);
  }

  @Test
  void darknetStretchesTheCentre() {
    Heads stretched = Heads.builder().head(32, 40, 24).scaleXY(2).build();
    double[] raw = {LN3, -LN3, LN2, -LN2, LN3, 0};
    for (Preset preset : List.of(Preset.DARKNET, Preset.DARKNET_AUTODIFF)) {
      check(spec(preset, stretched, 1), raw, 3 * 32, 32, 80, 12, 0.75, 0.5);
    }
    LossSpec probabilities =
        LossSpec.builder(Preset.DARKNET)
            .classes(1)
            .heads(stretched)
            .option("decoding", BoxDecoding.DARKNET_NEW_COORDS)
            .build();
    double[] already = {0.75, 0.25, 0.5, 0.75, 0.875, 0.125};
    check(probabilities, already, 96, 32, 40, 24 * 2.25, 0.875, 0.125);
  }

  @Test
  void anchorsMayGrowWithTheImage() {
    Heads relative = Heads.builder().head(32, 0.25, 0.5).unit(AnchorUnit.IMAGE).build();
    check(
        spec(Preset.YOLOV3_BCE, relative, 1),
        new double[] {0, 0, LN2, 0, 0, 0},
        80,
        48,
        0.25 * 96 * 2,
        0.5 * 64,
        0.5,
        0.5);
  }

  @Test
  void boxesAreCountedByLayerAnchorRowAndColumn() {
    Heads heads = Heads.builder().head(32, 40, 24).head(16, 8, 8, 12, 12).build();
    LossSpec spec = spec(Preset.YOLOV3_BCE, heads, 1);
    HeadTensor coarse =
        TensorLayout.NCHW.allocate(ElementType.F32, 2, 1, 6, 1, 2, (byte) 0).tensor();
    HeadTensor fine = TensorLayout.NCHW.allocate(ElementType.F32, 2, 2, 6, 2, 4, (byte) 0).tensor();
    fine.set(1, 1, 4, 1, 2, 50);
    try (LossEngine engine = LossEngine.open(spec, Backend.REFERENCE)) {
      DecodedBoxes boxes = engine.decode(List.of(coarse, fine));
      assertThat(boxes.boxes()).isEqualTo(2 + 16);
      int place = 2 + 8 + 4 + 2;
      for (var entry : Map.of(place, 1.0, place - 1, 0.5, place + 1, 0.5).entrySet()) {
        assertThat(boxes.objectness(1, entry.getKey())).isEqualTo(entry.getValue());
      }
      assertThat(boxes.objectness(0, place)).isEqualTo(0.5);
      assertThat(boxes.width(1, place)).isEqualTo(12);
      assertThat(boxes.centreX(1, place)).isEqualTo(2.5 * 16);
      assertThat(boxes.centreY(1, place)).isEqualTo(1.5 * 16);
    }
  }
}
