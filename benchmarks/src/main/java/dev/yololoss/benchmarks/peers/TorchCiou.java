package dev.yololoss.benchmarks.peers;

import ai.djl.ndarray.NDArray;

/** Yolov5's complete IoU of the boxes of each row, each {@code [n, 1]}, by tensor operations. */
final class TorchCiou {
  private static final double EPSILON = 1e-7;

  private final TorchConstants number;

  TorchCiou(TorchConstants number) {
    this.number = number;
  }

  /** A box: centre and sides. */
  record Boxes(NDArray x, NDArray y, NDArray width, NDArray height) {}

  NDArray of(Boxes p, Boxes t) {
    NDArray intersection =
        overlap(p.x, p.width, t.x, t.width).mul(overlap(p.y, p.height, t.y, t.height));
    NDArray union =
        p.width.mul(p.height).add(t.width.mul(t.height)).sub(intersection).add(number.of(EPSILON));
    NDArray iou = intersection.div(union);
    NDArray diagonal =
        span(p.x, p.width, t.x, t.width)
            .square()
            .add(span(p.y, p.height, t.y, t.height).square())
            .add(number.of(EPSILON));
    NDArray distance = p.x.sub(t.x).square().add(p.y.sub(t.y).square());
    NDArray angles = t.width.div(t.height).atan().sub(p.width.div(p.height).atan());
    NDArray shape = angles.square().mul(number.of(4 / (Math.PI * Math.PI)));
    NDArray alpha = shape.div(shape.sub(iou).add(number.of(1 + EPSILON))).stopGradient();
    return iou.sub(distance.div(diagonal)).sub(shape.mul(alpha));
  }

  private NDArray overlap(NDArray a, NDArray aSide, NDArray b, NDArray bSide) {
    return high(a, aSide)
        .minimum(high(b, bSide))
        .sub(low(a, aSide).maximum(low(b, bSide)))
        .maximum(number.of(0));
  }

  private NDArray span(NDArray a, NDArray aSide, NDArray b, NDArray bSide) {
    return high(a, aSide).maximum(high(b, bSide)).sub(low(a, aSide).minimum(low(b, bSide)));
  }

  private NDArray low(NDArray centre, NDArray side) {
    return centre.sub(side.mul(number.of(0.5)));
  }

  private NDArray high(NDArray centre, NDArray side) {
    return centre.add(side.mul(number.of(0.5)));
  }
}
