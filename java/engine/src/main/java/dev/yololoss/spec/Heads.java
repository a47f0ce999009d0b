package dev.yololoss.spec;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * The geometry of the network's outputs: a pool of anchors, and heads that each take some of them.
 *
 * <p>The pool matters to the losses in which every anchor of every head competes for a target; on a
 * tie the first of the pool wins. The image has no size here: it is grid times stride and comes
 * with the predictions, so that multi-scale training needs no new description.
 *
 * @param anchors the pool, at least one
 * @param heads at least one, in the order of the predictions
 * @param unit of the anchors
 */
public record Heads(List<Anchor> anchors, List<Head> heads, AnchorUnit unit) {
  /** YOLOv5's strides 8, 16, 32 with its COCO anchors. */
  public static final Heads COCO_P3_P5 =
      builder()
          .head(8, 10, 13, 16, 30, 33, 23)
          .head(16, 30, 61, 62, 45, 59, 119)
          .head(32, 116, 90, 156, 198, 373, 326)
          .build();

  /**
   * YOLOv3's strides 32, 16, 8 (in this order) with the same COCO anchors, smallest first in the
   * pool.
   */
  public static final Heads COCO_YOLOV3 =
      builder()
          .head(32, 116, 90, 156, 198, 373, 326)
          .head(16, 30, 61, 62, 45, 59, 119)
          .head(8, 10, 13, 16, 30, 33, 23)
          .build();

  /** YOLOv4's strides 8, 16, 32 with its COCO anchors and {@code scale_x_y} 1.2, 1.1, 1.05. */
  public static final Heads COCO_YOLOV4 =
      builder()
          .head(8, 12, 16, 19, 36, 40, 28)
          .scaleXY(1.2)
          .head(16, 36, 75, 76, 55, 72, 146)
          .scaleXY(1.1)
          .head(32, 142, 110, 192, 243, 459, 401)
          .scaleXY(1.05)
          .build();

  /**
   * YOLOv2's single head of stride 32 with its VOC anchors (in cells 1.3221 x 1.73145 and so on).
   */
  public static final Heads VOC_YOLOV2 =
      builder()
          .head(
              32,
              1.3221 * 32,
              1.73145 * 32,
              3.19275 * 32,
              4.00944 * 32,
              5.05587 * 32,
              8.09892 * 32,
              9.47112 * 32,
              4.84053 * 32,
              11.2364 * 32,
              10.0071 * 32)
          .build();

  public Heads {
    Require.present("anchors", anchors);
    Require.present("heads", heads);
    Require.present("anchorUnit", unit);
    anchors = List.copyOf(anchors);
    heads = List.copyOf(heads);
    if (heads.isEmpty()) {
      throw new SpecException("heads is empty; a loss has at least one head");
    }
    for (int layer = 0; layer < heads.size(); layer++) {
      Set<Integer> seen = new HashSet<>();
      for (int index : heads.get(layer).anchors()) {
        if (index < 0 || index >= anchors.size()) {
          throw new SpecException(
              "heads["
                  + layer
                  + "].anchors names anchor "
                  + index
                  + "; allowed are 0.."
                  + (anchors.size() - 1));
        }
        if (!seen.add(index)) {
          throw new SpecException("heads[" + layer + "].anchors names anchor " + index + " twice");
        }
      }
    }
  }

  /** The anchors of one head, in the order of its channels. */
  public List<Anchor> anchorsOf(int layer) {
    return heads.get(layer).anchors().stream().map(anchors::get).toList();
  }

  public static Builder builder() {
    return new Builder();
  }

  /** Heads with anchors of their own; the pool is all of them, smallest stride first. */
  public static final class Builder {
    private record Draft(int stride, List<Anchor> anchors, double scaleXY) {}

    private final List<Draft> drafts = new ArrayList<>();
    private AnchorUnit unit = AnchorUnit.PIXELS;

    private Builder() {}

    /** Adds a head. {@code sides} is width, height, width, height and so on. */
    public Builder head(int stride, double... sides) {
      if (sides.length == 0 || sides.length % 2 != 0) {
        throw new SpecException(
            "the head of stride "
                + stride
                + " got "
                + sides.length
                + " anchor sides; give pairs of width and height");
      }
      drafts.add(
          new Draft(
              stride,
              IntStream.range(0, sides.length / 2)
                  .mapToObj(i -> new Anchor(sides[2 * i], sides[2 * i + 1]))
                  .toList(),
              1));
      return this;
    }

    /** Sets darknet's {@code scale_x_y} of the head added last. */
    public Builder scaleXY(double scaleXY) {
      if (drafts.isEmpty()) {
        throw new SpecException("scaleXY is " + scaleXY + " of no head; add the head first");
      }
      Draft last = drafts.removeLast();
      drafts.add(new Draft(last.stride, last.anchors, scaleXY));
      return this;
    }

    public Builder unit(AnchorUnit unit) {
      this.unit = unit;
      return this;
    }

    public Heads build() {
      List<Draft> byStride =
          drafts.stream().sorted(Comparator.comparingInt(Draft::stride)).toList();
      List<Anchor> pool = byStride.stream().flatMap(d -> d.anchors.stream()).toList();
      List<Head> heads =
          drafts.stream().map(d -> new Head(d.stride, indices(byStride, d), d.scaleXY)).toList();
      return new Heads(pool, heads, unit);
    }

    private static List<Integer> indices(List<Draft> byStride, Draft draft) {
      int first = 0;
      for (Draft other : byStride) {
        if (other == draft) {
          break;
        }
        first += other.anchors.size();
      }
      return IntStream.range(first, first + draft.anchors.size()).boxed().toList();
    }
  }
}
