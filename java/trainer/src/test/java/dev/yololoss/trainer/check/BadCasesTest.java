package dev.yololoss.trainer.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.yololoss.trainer.safetensors.TensorType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A case that cannot be computed is exit status 2, and says what is wrong with it. */
class BadCasesTest {
  private static final String YOLOV5 = "yolov5/basic_96";
  private static final String YOLOV2 = "yolov2-half/basic_7x7";
  private static final String YOLOV3 = "yolov3-bce/basic_96";
  private static final String RATIO = "yolov3-ratio/basic_iou_1";
  private static final String DARKNET = "darknet/basic_ciou";
  private static final int CX = 2;
  private static final int W = 4;
  private static final int H = 5;

  private interface Edit {
    EditedCase of(EditedCase edited);
  }

  @TempDir Path folder;

  @ParameterizedTest(name = "{2}")
  @MethodSource({"metadata", "configs", "translations", "tensors", "targets"})
  void aBadCase(String name, Edit edit, String message) throws IOException {
    Path file = edit.of(EditedCase.of(name)).write(folder.resolve("bad case.safetensors"));
    Run run = Run.check(file, GoldenCases.of(YOLOV2));
    assertThat(run.complaintOf(file)).as(run.err()).startsWith(message);
    assertThat(run.err().strip()).hasLineCount(1);
    assertThat(run.exit()).isEqualTo(2);
    assertThat(run.out()).endsWith("2 cases: 1 passed, 0 failed, 0 computed only, 1 unusable\n");
  }

  static Stream<Arguments> metadata() {
    return Stream.of(
        of(
            YOLOV5,
            c -> c.dropMetadata("preset"),
            "has no metadata \"preset\"; a case has \"spec\", or \"preset\" and \"config\""),
        of(YOLOV5, c -> c.dropMetadata("config"), "has no metadata \"config\"; a case has"),
        of(
            YOLOV5,
            c -> c.metadata("preset", "yolov9"),
            "preset is \"yolov9\"; allowed are yolov5, yolov5-ce,"),
        of(YOLOV5, c -> c.metadata("config", "{"), "metadata \"config\" is no JSON: "),
        of(YOLOV5, c -> c.metadata("config", ""), "metadata \"config\" is no JSON object"),
        of(YOLOV5, c -> c.metadata("config", "[]"), "metadata \"config\" is no JSON object"),
        of(YOLOV5, c -> c.metadata("config", "{} x"), "metadata \"config\" is no JSON: "),
        of(
            YOLOV5,
            c -> c.config("\"classes\": 4", "\"classes\": 3, \"classes\": 4"),
            "metadata \"config\" is no JSON: Duplicate field 'classes'"));
  }

  static Stream<Arguments> configs() {
    return Stream.of(
        of(YOLOV5, c -> c.config("\"classes\"", "\"klasses\""), "config.classes is missing"),
        of(YOLOV5, c -> c.config("\"obj_pw\"", "\"obj_pv\""), "config.hyp.obj_pw is missing"),
        of(YOLOV5, c -> c.config("\"hyp\"", "\"hip\""), "config.hyp is missing"),
        of(YOLOV5, c -> c.config("\"gr\": 1.0", "\"gr\": null"), "config.gr is missing"),
        of(
            YOLOV5,
            c -> c.config("\"gr\": 1.0", "\"gr\": \"1\""),
            "config.gr is \"1\"; must be a number"),
        of(YOLOV5, c -> c.config("\"gr\": 1.0", "\"gr\": 2"), "objectness.iouShare is 2.0; must "),
        of(
            YOLOV5,
            c -> c.config("\"classes\": 4", "\"classes\": 4.5"),
            "config.classes is 4.5; must be a whole number"),
        of(
            YOLOV5,
            c -> c.config("\"classes\": 4", "\"classes\": 4294967300"),
            "config.classes is 4294967300; must be a whole number"),
        of(
            YOLOV5,
            c -> c.config("\"batch\": 2", "\"batch\": 3"),
            "config.batch is 3; must be 2, as in tensor \"pred.0\""),
        of(
            YOLOV5,
            c -> c.config("\"balance\": [4.0", "\"balance\": [\"4\""),
            "config.balance is [\"4\",1.0,0.4]; must be a list of numbers"),
        of(
            YOLOV5,
            c -> c.config("\"autobalance\": false", "\"autobalance\": \"no\""),
            "config.autobalance is \"no\"; must be true or false, 1 or 0"),
        of(
            "yolov5/autobalance_call1",
            c -> c.config("\"ssi\": 1", "\"ssi\": 3"),
            "config.ssi is 3; must be 0..2"),
        of(
            YOLOV5,
            c -> c.metadata("config", "{\"batch\": 2, \"hyp\": {}, \"layers\": []}"),
            "config.layers is []; must be a list with at least one entry"),
        of(
            YOLOV5,
            c -> c.metadata("config", "{\"batch\": 2, \"hyp\": {}, \"layers\": {\"stride\": 8}}"),
            "config.layers is {\"stride\":8}; must be a list"),
        of(
            YOLOV5,
            c -> c.metadata("config", "{\"batch\": 2, \"hyp\": 7}"),
            "config.hyp is 7; must be an object"),
        of(
            YOLOV5,
            c -> c.config("[[10.0, 13.0]", "[[10.0, \"13\"]"),
            "config.layers[0].anchors is [[10.0,\"13\"],"),
        of(YOLOV5, c -> c.config("[[10.0, 13.0]", "[[10.0]"), "config.layers[0].anchors is "),
        of(YOLOV5, c -> c.config("[[10.0, 13.0]", "[[10.0, 0]"), "anchor height is 0.0; must be"));
  }

  static Stream<Arguments> translations() {
    return Stream.of(
        of(
            "yolov5-ce/basic_96",
            c -> c.config("\"fl_gamma\": 0.0", "\"fl_gamma\": 1.5"),
            "config.hyp.fl_gamma is 1.5; with softmax classes the original fails"),
        of(
            YOLOV2,
            c -> c.config("\"anchors_grid\"", "\"anchors_net\""),
            "config.anchors_grid is missing"),
        of(
            YOLOV3,
            c -> c.config("\"masks\": [[6, 7, 8], ", "\"masks\": ["),
            "config.masks has 2 entries; config.layers has 3"),
        of(
            YOLOV3,
            c -> c.config("\"masks\": [[6, 7, 8]", "\"masks\": [[6, 7, \"8\"]"),
            "config.masks[0] is [6,7,\"8\"]; must be a list of whole numbers"),
        of(
            YOLOV3,
            c -> c.config("\"masks\": [[6, 7, 8]", "\"masks\": [[6, 7, 9]"),
            "heads[0].anchors names anchor 9; allowed are 0..8"),
        of(
            YOLOV3,
            c -> c.config("\"masks\": [[6, 7, 8]", "\"masks\": [6"),
            "config.masks[0] is 6; must be a list of whole numbers"),
        of(
            RATIO,
            c -> c.config("\"bbox_loss\": \"iou\"", "\"bbox_loss\": \"ciou\""),
            "config.bbox_loss is \"ciou\"; must be \"mse\" or \"iou\""),
        of(
            DARKNET,
            c -> c.config("\"iou_loss\": \"ciou\"", "\"iou_loss\": \"eiou\""),
            "config.iou_loss is \"eiou\"; must be mse, iou, giou, diou or ciou"),
        of(
            DARKNET,
            c -> c.config("\"iou_thresh_kind\": \"iou\"", "\"iou_thresh_kind\": \"L1\""),
            "config.iou_thresh_kind is \"L1\"; must be iou, giou, diou or ciou"),
        of(
            DARKNET,
            c -> c.config("\"classes_multipliers\": null", "\"classes_multipliers\": [1, 2]"),
            "config.classes_multipliers is set; the loss has no such option"),
        of(
            DARKNET,
            c -> c.config("\"max_delta\": null", "\"gradient\": \"exact\""),
            "box.gradient is \"EXACT\", but preset \"darknet\" has \"DARKNET\""),
        of(
            DARKNET,
            c ->
                c.metadata("preset", "darknet-autodiff")
                    .config("\"max_delta\": null", "\"gradient\": \"true\""),
            "config.gradient is \"true\"; must be exact or darknet"),
        autodiff("\"truth_thresh\": 1.0", "\"truth_thresh\": 0.9", "ignore.truthThreshold"),
        autodiff("\"objectness_smooth\": 0", "\"objectness_smooth\": 1", "objectness.smooth"),
        autodiff("\"focal_loss\": 0", "\"focal_loss\": 1", "classification.kind"),
        autodiff("\"new_coords\": 0", "\"new_coords\": 1", "decoding"));
  }

  static Stream<Arguments> tensors() {
    return Stream.of(
        of(YOLOV5, c -> c.drop("targets"), "has no tensor \"targets\"; it has [pred.0,"),
        of(YOLOV5, c -> c.drop("pred.0"), "has no tensor \"pred.0\"; it has "),
        of(YOLOV5, c -> c.drop("pred.2"), "has no tensor \"pred.2\"; it has "),
        of(
            YOLOV5,
            c -> c.put("pred.3", TensorType.F32, new double[27], 1, 27, 1, 1),
            "has a tensor \"pred.3\"; the loss has 3 heads"),
        of(
            YOLOV5,
            c -> c.swap("pred.0", "pred.2"),
            "prediction 1 is for an image of 96 x 96 pixels"),
        of(
            YOLOV5,
            c -> c.reshape("pred.1", 2, 9, 3 * 6, 6),
            "tensor \"pred.1\" has the shape [2, 9, 18, 6]; must be [any, 27, any, any]"),
        of(
            YOLOV5,
            c -> c.put("pred.1", TensorType.F32, new double[0], 0, 27, 1L << 40, 1),
            "tensor \"pred.1\" has the shape [0, 27, 1099511627776, 1]; "),
        of(
            YOLOV5,
            c -> c.reshape("targets", 1, c.values("targets").length),
            "tensor \"targets\" has the shape "),
        of(
            "yolov5/autobalance_call1",
            c -> c.shorten("balance_before"),
            "the state has 2 balance factors; this loss has 3"));
  }

  static Stream<Arguments> targets() {
    return Stream.of(
        target(0, 7, "target row 0: image is 7; allowed are 0..1"),
        target(0, -1, "target row 0: image is -1; allowed are 0..1"),
        target(0, 0.5, "target row 0: image is 0.5; must be a whole number"),
        target(6, Double.NaN, "target row 1: image is NaN; must be a whole number"),
        target(6 + 1, 4, "target row 1: class is 4; allowed are 0..3"),
        target(6 + 1, -1, "target row 1: class is -1; allowed are 0..3"),
        target(6 + CX, Double.NaN, "target row 1: cx is NaN; must be finite"),
        target(6 + CX, 1.5, "target row 1: cx is 1.5; must lie in 0..1"),
        target(CX + 1, -0.25, "target row 0: cy is -0.25; must lie in 0..1"),
        target(W, -0.5, "target row 0: w is -0.5; must be greater than 0"),
        target(W, 0, "target row 0: w is 0.0; must be greater than 0"),
        target(H, Double.POSITIVE_INFINITY, "target row 0: h is Infinity; must be finite"));
  }

  @Test
  void integerPredictions() throws IOException {
    Path file = IntegerPredictions.write(folder.resolve("bad.safetensors"));
    Run run = Run.check(file);
    assertThat(run.exit()).isEqualTo(2);
    assertThat(run.complaintOf(file))
        .isEqualTo("tensor \"pred.0\" is of type I32; must be F64, F32, F16 or BF16");
  }

  @Test
  void boxesOfOtherNumber() throws IOException {
    Path file =
        EditedCase.of("boxes/pairs_unit")
            .put("b", TensorType.F32, new double[8], 2, 4)
            .write(folder.resolve("bad.safetensors"));
    assertThat(Run.check(file).complaintOf(file))
        .matches("tensor \"a\" has \\d+ boxes, tensor \"b\" 2");
  }

  private static Arguments of(String name, Edit edit, String message) {
    return Arguments.of(name, edit, message);
  }

  private static Arguments autodiff(String from, String to, String message) {
    return of(DARKNET, c -> c.metadata("preset", "darknet-autodiff").config(from, to), message);
  }

  private static Arguments target(int index, double value, String message) {
    return of(YOLOV5, c -> c.change("targets", rows -> rows[index] = value), message);
  }
}
