package dev.yololoss.cuda;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.yololoss.LossParts;
import dev.yololoss.Match;
import dev.yololoss.layout.StepLayouts;
import dev.yololoss.layout.StepReader;
import dev.yololoss.spec.LossSpec;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * A finished step, whose arrays stay on the device until they are asked for. Valid until the next
 * step.
 */
final class DeviceStep extends StepReader {
  /** Copies device memory to this machine. */
  interface Fetch {
    MemorySegment read(DeviceMemory from, long bytes);
  }

  private static final long TARGET = StepLayouts.offset(DeviceLayouts.POSITIVE, "target");
  private static final long SLOT = StepLayouts.offset(DeviceLayouts.POSITIVE, "slot");
  private static final long REPLACED = StepLayouts.offset(DeviceLayouts.POSITIVE, "replaced");
  private static final long IOU = StepLayouts.offset(DeviceLayouts.POSITIVE, "iou");
  private static final long BOX_LOSS = StepLayouts.offset(DeviceLayouts.POSITIVE, "box_loss");
  private static final long OBJECTNESS_LOSS =
      StepLayouts.offset(DeviceLayouts.POSITIVE, "objectness_loss");
  private static final long CLASS_LOSS = StepLayouts.offset(DeviceLayouts.POSITIVE, "class_loss");
  private static final long SHARE = StepLayouts.offset(DeviceLayouts.POSITIVE, "share");
  private static final byte IGNORED = 1;

  private final DevicePlan plan;
  private final int parity;
  private final int targets;
  private final Fetch fetch;

  DeviceStep(LossSpec spec, DevicePlan plan, StepSlot slot, int targets, Fetch fetch) {
    super(slot.hostResult(), spec);
    this.plan = plan;
    this.parity = slot.parity();
    this.targets = targets;
    this.fetch = fetch;
  }

  @Override
  public List<Match> matches() {
    return matches(true);
  }

  /**
   * The assignment table.
   *
   * @param withLosses or 0 instead
   */
  List<Match> matches(boolean withLosses) {
    List<Match> matches = new ArrayList<>();
    for (int layer = 0; layer < plan.layers().size(); layer++) {
      PlanShape.Layer shape = plan.layers().get(layer).shape();
      MemorySegment records = records(layer);
      for (long at : positives(layer)) {
        int slot = records.get(JAVA_INT, at + SLOT);
        int cell = slot % (shape.height() * shape.width());
        int plane = slot / (shape.height() * shape.width());
        matches.add(
            new Match(
                records.get(JAVA_INT, at + TARGET),
                layer,
                plane / shape.anchors(),
                plane % shape.anchors(),
                cell / shape.width(),
                cell % shape.width(),
                records.get(JAVA_INT, at + REPLACED) != 0,
                records.get(JAVA_DOUBLE, at + IOU),
                withLosses ? records.get(JAVA_DOUBLE, at + BOX_LOSS) : 0,
                withLosses ? records.get(JAVA_DOUBLE, at + OBJECTNESS_LOSS) : 0,
                withLosses ? records.get(JAVA_DOUBLE, at + CLASS_LOSS) : 0));
      }
    }
    return List.copyOf(matches);
  }

  /** In a fixed order: the tiles' shares layer by layer, then the matches' likewise. */
  @Override
  public List<LossParts> perImage() {
    double[][] sums = new double[plan.shape().images()][3];
    for (DevicePlan.Layer layer : plan.layers()) {
      long bytes = StepLayouts.PARTS.byteSize() * layer.shape().tiles();
      MemorySegment parts = fetch.read(layer.tileParts(), bytes);
      for (int tile = 0; tile < layer.shape().tiles(); tile++) {
        add(
            sums[tile / layer.shape().tilesPerImage()],
            parts(parts, tile * StepLayouts.PARTS.byteSize()));
      }
    }
    for (int layer = 0; layer < plan.layers().size(); layer++) {
      PlanShape.Layer shape = plan.layers().get(layer).shape();
      MemorySegment records = records(layer);
      for (long at : positives(layer)) {
        int image = records.get(JAVA_INT, at + SLOT) / (shape.slots() / plan.shape().images());
        add(sums[image], parts(records, at + SHARE));
      }
    }
    return java.util.Arrays.stream(sums).map(s -> new LossParts(s[0], s[1], s[2])).toList();
  }

  private static void add(double[] sums, LossParts parts) {
    sums[0] += parts.box();
    sums[1] += parts.objectness();
    sums[2] += parts.classification();
  }

  /** The ignored slots of a layer of a loss that ignores slots. */
  BitSet ignored(int layer) {
    int slots = plan.layers().get(layer).shape().slots();
    MemorySegment states = fetch.read(plan.states(layer), slots);
    BitSet bits = new BitSet();
    for (int slot = 0; slot < slots; slot++) {
      bits.set(slot, states.get(JAVA_BYTE, slot) == IGNORED);
    }
    return bits;
  }

  private long candidates(int layer) {
    return (long) plan.layers().get(layer).shape().candidatesPerTarget() * targets;
  }

  private MemorySegment records(int layer) {
    return fetch.read(
        plan.layers().get(layer).positives(),
        candidates(layer) * DeviceLayouts.POSITIVE.byteSize());
  }

  /** Where the records of candidates that are matches start, in order. */
  private long[] positives(int layer) {
    MemorySegment slots =
        fetch.read(
            plan.layers().get(layer).tables().get(parity).slot(),
            candidates(layer) * JAVA_INT.byteSize());
    return java.util.stream.LongStream.range(0, candidates(layer))
        .filter(c -> slots.getAtIndex(JAVA_INT, c) >= 0)
        .map(c -> c * DeviceLayouts.POSITIVE.byteSize())
        .toArray();
  }
}
