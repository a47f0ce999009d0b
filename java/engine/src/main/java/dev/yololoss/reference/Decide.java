package dev.yololoss.reference;

import dev.yololoss.Targets;
import dev.yololoss.spec.BoxTerm;
import dev.yololoss.spec.Ignore;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.ObjectnessTerm;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Takes all decisions of a step from the predictions as they are. */
final class Decide {
  private final LossSpec spec;
  private final List<HeadValues> heads;
  private final Targets targets;

  private Decide(LossSpec spec, List<HeadValues> heads, Targets targets) {
    this.spec = spec;
    this.heads = heads;
    this.targets = targets;
  }

  static Decisions of(LossSpec spec, List<HeadValues> heads, Targets targets) {
    return new Decide(spec, heads, targets).decide();
  }

  private Decisions decide() {
    List<Positive> positives = AssignTargets.of(spec, heads, targets);
    List<Decisions.Layer> layers = new ArrayList<>();
    for (HeadValues head : heads) {
      layers.add(layer(head, Slots.of(head.grid().layer(), positives)));
    }
    double[] alphas = positives.stream().mapToDouble(this::alpha).toArray();
    return new Decisions(positives, alphas, List.copyOf(layers), rarity());
  }

  private Decisions.Layer layer(HeadValues head, Slots slots) {
    Grid grid = head.grid();
    SearchIgnored search = new SearchIgnored(spec, head, targets);
    boolean[] ignored = search.search();
    double[] objectness = new double[grid.slots()];
    for (int slot : slots.all()) {
      ignored[slot] = false;
      objectness[slot] =
          switch (spec.objectness().target()) {
            case ONE -> 1;
            case BEST_IOU -> search.bestIou(slot);
            case MATCH_IOU -> matchIou(slots.on(slot));
          };
    }
    boolean[] skipped = new boolean[grid.images()];
    for (int image = 0; image < skipped.length; image++) {
      skipped[image] =
          spec.ignore().emptyImages() == Ignore.EmptyImages.SKIP
              && targets.rowsOf(image).length == 0;
    }
    return new Decisions.Layer(slots, ignored, skipped, objectness);
  }

  /**
   * The overlap of the match that sets the slot's objectness: the last one, or the largest under
   * {@code sortByIou}.
   */
  private double matchIou(List<Positive> sharers) {
    double overlap =
        spec.objectness().sortByIou()
            ? sharers.stream()
                .map(this::clampedOverlap)
                .max(Comparator.naturalOrder())
                .orElseThrow()
            : clampedOverlap(sharers.getLast());
    double share = spec.objectness().iouShare();
    return share < 1 ? (1 - share) + share * overlap : overlap;
  }

  private double clampedOverlap(Positive positive) {
    Box predicted = BoxLoss.frame(spec, decoded(positive));
    double overlap = BoxLoss.overlap(spec, predicted, positive.truth(), Double.NaN).value();
    return overlap < 0 ? 0 : overlap;
  }

  private double alpha(Positive positive) {
    return spec.box().kind() == BoxTerm.Kind.ONE_MINUS_CIOU
        ? Yolov5Overlap.alpha(
            BoxLoss.frame(spec, decoded(positive)), positive.truth(), BoxLoss.heightEps(spec))
        : Double.NaN;
  }

  private DecodeBox decoded(Positive positive) {
    return DecodeBox.of(spec.decoding(), heads.get(positive.layer()), positive.slot());
  }

  /**
   * Half the ratio of cells (of one image, all layers) without a target to targets (of the batch);
   * 1 without targets.
   */
  private double rarity() {
    if (spec.objectness().kind() != ObjectnessTerm.Kind.BCE_WEIGHTED_BY_RARITY
        || targets.size() == 0) {
      return 1;
    }
    double cells = heads.stream().mapToDouble(h -> h.grid().slotsPerImage()).sum();
    return Math.max(0, (cells - targets.size()) / targets.size() * 0.5);
  }
}
