package dev.yololoss.reference;

import dev.yololoss.spec.BceForm;
import dev.yololoss.spec.BoxTerm;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.OverlapConvention;

/**
 * What one match pays for its box before weights and reduction, and the derivatives by the four raw
 * outputs: see {@link BoxTerm.Kind}.
 *
 * @param xy the centre's error
 * @param wh the size's error
 * @param overlap 1 - overlap
 * @param errorSlope the derivative of {@code xy} by x, y and of {@code wh} by w, h
 * @param overlapSlope the derivative of {@code overlap}
 */
record BoxLoss(double xy, double wh, double overlap, double[] errorSlope, double[] overlapSlope) {
  /** zjykzj's and DeNA's guard of the logarithm. */
  private static final double LOG_EPS = 1e-16;

  static BoxLoss of(LossSpec spec, HeadValues head, Positive positive, double alpha) {
    DecodeBox decoded = DecodeBox.of(spec.decoding(), head, positive.slot());
    return switch (spec.box().kind()) {
      case SQUARED_ERROR_EXP -> squaredErrorExp(head, positive);
      case BCE_AND_SQUARED_ERROR_EXP, BCE_AND_SQUARED_ERROR_LOG ->
          bceAndSquaredError(spec, head, positive);
      case SQUARED_ERROR_CELL -> squaredErrorCell(decoded, positive.truth());
      case SQUARED_ERROR_CELL_AND_IOU ->
          squaredErrorCell(decoded, positive.truth())
              .with(oneMinus(spec, decoded, positive, alpha));
      case SQUARED_ERROR_DARKNET -> squaredErrorDarknet(head, decoded, positive);
      case ONE_MINUS_IOU, ONE_MINUS_GIOU, ONE_MINUS_DIOU, ONE_MINUS_CIOU ->
          oneMinus(spec, decoded, positive, alpha);
    };
  }

  /** The overlap that the box term is 1 minus of. */
  static OverlapValue overlap(LossSpec spec, Box predicted, Box truth, double alpha) {
    double eps = spec.box().convention() == OverlapConvention.PLAIN ? 0 : Yolov5Overlap.EPS;
    return Yolov5Overlap.of(
        spec.box().kind().overlap(), predicted, truth, eps, heightEps(spec), alpha);
  }

  /**
   * The frame in which predicted box and target are compared: relative to the cell, or darknet's
   * image.
   */
  static Box frame(LossSpec spec, DecodeBox decoded) {
    return spec.decoding().inImageUnits() ? decoded.box() : decoded.offset();
  }

  static double heightEps(LossSpec spec) {
    return spec.box().convention() == OverlapConvention.YOLOV5_0 ? Yolov5Overlap.EPS : 0;
  }

  private static BoxLoss oneMinus(
      LossSpec spec, DecodeBox decoded, Positive positive, double alpha) {
    OverlapValue overlap = overlap(spec, frame(spec, decoded), positive.truth(), alpha);
    double[] slope = new double[4];
    for (int i = 0; i < 4; i++) {
      slope[i] = -overlap.slope()[i] * decoded.slope()[i];
    }
    return new BoxLoss(0, 0, 1 - overlap.value(), new double[4], slope);
  }

  private static BoxLoss squaredErrorExp(HeadValues head, Positive positive) {
    Box ratio = ratioToAnchor(head, positive);
    double[] asked = {positive.truth().x(), positive.truth().y(), ratio.width(), ratio.height()};
    double[] error = new double[4];
    double[] slope = new double[4];
    for (int i = 0; i < 4; i++) {
      double raw = head.read(positive.slot(), i);
      double value = i < 2 ? Sigmoid.of(raw) : Math.exp(raw);
      double valueSlope = i < 2 ? Sigmoid.slope(raw) : value;
      error[i] = (value - asked[i]) * (value - asked[i]);
      slope[i] = 2 * (value - asked[i]) * valueSlope;
    }
    return new BoxLoss(error[0] + error[1], error[2] + error[3], 0, slope, new double[4]);
  }

  private static BoxLoss bceAndSquaredError(LossSpec spec, HeadValues head, Positive positive) {
    Grid grid = head.grid();
    Box truth = positive.truth();
    // the originals take the square root of this, so beyond twice the image there is nothing to
    // weigh
    double small = Math.max(0, 2 - truth.width() * truth.height() / grid.width() / grid.height());
    BceForm form = spec.bce();
    ValueAndSlope x = SigmoidBce.of(form, head.read(positive.slot(), 0), truth.x(), 1).times(small);
    ValueAndSlope y = SigmoidBce.of(form, head.read(positive.slot(), 1), truth.y(), 1).times(small);
    Box ratio = ratioToAnchor(head, positive);
    boolean log = spec.box().kind() == BoxTerm.Kind.BCE_AND_SQUARED_ERROR_LOG;
    ValueAndSlope w = sizeError(head.read(positive.slot(), 2), ratio.width(), log).times(small);
    ValueAndSlope h = sizeError(head.read(positive.slot(), 3), ratio.height(), log).times(small);
    return new BoxLoss(
        x.value() + y.value(),
        w.value() + h.value(),
        0,
        new double[] {x.slope(), y.slope(), w.slope(), h.slope()},
        new double[4]);
  }

  private static ValueAndSlope sizeError(double raw, double ratio, boolean log) {
    double value = log ? raw : Math.exp(raw);
    double error = value - (log ? Math.log(ratio + LOG_EPS) : ratio);
    return new ValueAndSlope(error * error, 2 * error * (log ? 1 : value));
  }

  private static BoxLoss squaredErrorCell(DecodeBox decoded, Box truth) {
    Box p = decoded.offset();
    double[] error = {
      p.x() - truth.x(), p.y() - truth.y(), p.width() - truth.width(), p.height() - truth.height()
    };
    double[] slope = new double[4];
    for (int i = 0; i < 4; i++) {
      slope[i] = 2 * error[i] * decoded.slope()[i];
    }
    return new BoxLoss(
        error[0] * error[0] + error[1] * error[1],
        error[2] * error[2] + error[3] * error[3],
        0,
        slope,
        new double[4]);
  }

  private static BoxLoss squaredErrorDarknet(
      HeadValues head, DecodeBox decoded, Positive positive) {
    Grid grid = head.grid();
    Box truth = positive.truth();
    double small = 2 - truth.width() * truth.height();
    double[] asked = DarknetBoxRule.asked(grid, positive.slot(), truth);
    double[] error = {
      decoded.offset().x() - asked[0],
      decoded.offset().y() - asked[1],
      head.read(positive.slot(), 2) - asked[2],
      head.read(positive.slot(), 3) - asked[3]
    };
    double[] inner = {decoded.slope()[0] * grid.width(), decoded.slope()[1] * grid.height(), 1, 1};
    double[] slope = new double[4];
    for (int i = 0; i < 4; i++) {
      slope[i] = small * 2 * error[i] * inner[i];
    }
    return new BoxLoss(
        small * (error[0] * error[0] + error[1] * error[1]),
        small * (error[2] * error[2] + error[3] * error[3]),
        0,
        slope,
        new double[4]);
  }

  private BoxLoss with(BoxLoss other) {
    return new BoxLoss(xy, wh, other.overlap, errorSlope, other.overlapSlope);
  }

  private static Box ratioToAnchor(HeadValues head, Positive positive) {
    Box anchor = head.grid().shape(head.grid().anchorOf(positive.slot()));
    return new Box(
        0,
        0,
        positive.truth().width() / anchor.width(),
        positive.truth().height() / anchor.height());
  }
}
