package dev.yololoss.reference;

import dev.yololoss.spec.ClassTerm;
import dev.yololoss.spec.LossSpec;
import java.util.BitSet;

/**
 * What one match pays for its class logits before weights and reduction: see {@link
 * ClassTerm.Kind}.
 *
 * @param value the loss
 * @param slope its derivative by each class logit
 */
record ClassLoss(double value, double[] slope) {
  /** The class term of a slot that should show these classes. */
  static ClassLoss of(LossSpec spec, HeadValues head, int slot, BitSet asked) {
    double[] logits = new double[spec.classes()];
    for (int c = 0; c < logits.length; c++) {
      logits[c] = head.read(slot, 5 + c);
    }
    return switch (spec.classification().kind()) {
      case BCE -> bce(spec, logits, asked);
      case SOFTMAX_CROSS_ENTROPY -> softmaxCrossEntropy(spec, logits, asked.nextSetBit(0));
      case DELTA, FOCAL_DELTA ->
          throw new IllegalStateException("deltas are no loss: see DarknetDeltas");
    };
  }

  private static ClassLoss bce(LossSpec spec, double[] logits, BitSet asked) {
    ClassTerm term = spec.classification();
    double eps = term.labelSmoothing();
    double sum = 0;
    double[] slope = new double[logits.length];
    for (int c = 0; c < logits.length; c++) {
      double y = (asked.get(c) ? 1 - eps : 0) + eps / 2;
      ValueAndSlope bce =
          FocalBce.of(spec.bce(), logits[c], y, term.positiveWeight(), spec.focalGamma())
              .times(term.weightOf(c));
      sum += bce.value();
      slope[c] = bce.slope();
    }
    return new ClassLoss(sum, slope);
  }

  private static ClassLoss softmaxCrossEntropy(LossSpec spec, double[] logits, int asked) {
    double weight = spec.classification().weightOf(asked);
    double largest = Double.NEGATIVE_INFINITY;
    for (double logit : logits) {
      largest = Math.max(largest, logit);
    }
    double sum = 0;
    for (double logit : logits) {
      sum += Math.exp(logit - largest);
    }
    double logSum =
        Math.log(sum); // of the shifted logits: a saturated right answer keeps its digits
    double[] slope = new double[logits.length];
    for (int c = 0; c < logits.length; c++) {
      slope[c] = weight * (Math.exp(logits[c] - largest - logSum) - (c == asked ? 1 : 0));
    }
    return new ClassLoss(weight * (largest - logits[asked] + logSum), slope);
  }
}
