package dev.yololoss.cuda;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.yololoss.Backend;
import dev.yololoss.layout.LossDescription;
import dev.yololoss.layout.StepLayouts;
import dev.yololoss.spec.Anchor;
import dev.yololoss.spec.AnchorUnit;
import dev.yololoss.spec.BoxDecoding;
import dev.yololoss.spec.Head;
import dev.yololoss.spec.Ignore;
import dev.yololoss.spec.LossSpec;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * A loss and the shapes of its steps on the device, with all memory that the kernels work in.
 *
 * <p>The context is current when it is made and closed.
 */
final class DevicePlan implements AutoCloseable {
  /** Where a layer's buffers lie, as far as Java reads or clears them. */
  record Layer(
      PlanShape.Layer shape, List<Table> tables, DeviceMemory positives, DeviceMemory tileParts) {}

  /** One of the two match tables. */
  record Table(DeviceMemory slot, DeviceMemory first, DeviceMemory isMatched) {
    /** Forgets all matches. */
    void empty(long stream) {
      first.fill((byte) -1, stream);
      isMatched.fill((byte) 0, stream);
    }
  }

  private final CudaContext context;
  private final LossSpec spec;
  private final PlanShape shape;
  private final CloseAll buffers = new CloseAll();
  private final List<Layer> layers = new ArrayList<>();
  private final List<DeviceMemory> states = new ArrayList<>();
  private final DeviceMemory plan;
  private final int clearBlocks;

  /**
   * Allocates and fills everything; waits until that is done.
   *
   * @param classWeights the address of the class weights, or 0
   */
  DevicePlan(CudaContext context, LossSpec spec, PlanShape shape, long classWeights, long stream) {
    this.context = context;
    this.spec = spec;
    this.shape = shape;
    this.clearBlocks =
        shape.clearBlocks(
            spec.attributes(), context.attribute(DeviceAttribute.MULTIPROCESSOR_COUNT));
    try (CloseAll filling = new CloseAll()) {
      PinnedMemory image = filling.add(new PinnedMemory(context, DeviceLayouts.PLAN.byteSize()));
      filling.add(() -> context.driver().streamSynchronize(stream));
      write(image.segment(), classWeights, stream);
      plan = allocate(DeviceLayouts.PLAN.byteSize());
      context
          .driver()
          .memcpyHtoDAsync(plan.address(), image.segment(), DeviceLayouts.PLAN.byteSize(), stream);
    } catch (RuntimeException | Error e) {
      buffers.closeAfter(e);
      throw e;
    }
  }

  long address() {
    return plan.address();
  }

  PlanShape shape() {
    return shape;
  }

  List<Layer> layers() {
    return layers;
  }

  /**
   * A layer's slots: 0 free, 1 ignored, 2 matched, 3 special. Only where the loss ignores slots.
   */
  DeviceMemory states(int layer) {
    return states.get(layer);
  }

  /** Blocks of {@code assign_targets}. */
  int assignBlocks() {
    return shape.assignBlocks() + clearBlocks;
  }

  /** Blocks of {@code clear_gradients}. */
  int clearBlocks() {
    return clearBlocks;
  }

  /** Blocks of {@code search_ignored}. */
  int searchBlocks() {
    return shape.denseBlocks();
  }

  /** Blocks of {@code yolo_loss}. */
  int lossBlocks() {
    return shape.denseBlocks() + shape.matchBlocks();
  }

  private void write(MemorySegment image, long classWeights, long stream) {
    image.fill((byte) 0);
    StructWriter writer = new StructWriter(image, DeviceLayouts.PLAN);
    LossDescription.write(
        spec, image.asSlice(StepLayouts.offset(DeviceLayouts.PLAN, "loss")), Backend.CUDA);
    List<Anchor> pool = poolInPixels();
    MemorySegment poolMemory = writer.field("pool");
    for (int n = 0; n < pool.size(); n++) {
      poolMemory.setAtIndex(JAVA_DOUBLE, 2L * n, pool.get(n).width());
      poolMemory.setAtIndex(JAVA_DOUBLE, 2L * n + 1, pool.get(n).height());
    }
    int firstDense = 0;
    int firstMatch = 0;
    for (int l = 0; l < shape.layers().size(); l++) {
      StructWriter layer =
          StructWriter.at(
              image,
              StepLayouts.offset(DeviceLayouts.PLAN, "layers") + l * DeviceLayouts.LAYER.byteSize(),
              DeviceLayouts.LAYER);
      PlanShape.Layer numbers = shape.layers().get(l);
      writeGrid(layer.field("grid"), l, numbers, pool);
      layer
          .put("candidates_per_target", numbers.candidatesPerTarget())
          .put("candidate_capacity", numbers.candidateCapacity())
          .put("tiles_per_plane", numbers.tilesPerPlane())
          .put("tiles", numbers.tiles())
          .put("tiles_per_block", numbers.tilesPerBlock())
          .put("first_dense_block", firstDense)
          .put("dense_blocks", numbers.denseBlocks())
          .put("first_match_block", firstMatch)
          .put("match_blocks", numbers.matchBlocks());
      writeBuffers(layer, numbers, stream);
      firstDense += numbers.denseBlocks();
      firstMatch += numbers.matchBlocks();
    }
    DeviceMemory carried = allocate(DeviceLayouts.CARRIED.byteSize());
    carried.fill((byte) 0, stream);
    writer
        .put("images", shape.images())
        .put("target_capacity", shape.targetCapacity())
        .put("assign_blocks", shape.assignBlocks())
        .put("clear_blocks", clearBlocks)
        .put("dense_blocks", shape.denseBlocks())
        .put("match_blocks", shape.matchBlocks())
        .put("class_weights", classWeights)
        .put("dense_sums", doubles((long) shape.denseBlocks() * DeviceLayouts.DENSE_FIELDS))
        .put("match_sums", doubles((long) shape.matchBlocks() * DeviceLayouts.MATCH_FIELDS))
        .put("best_of_target", doubles(shape.targetCapacity()))
        .put("carried", carried.address());
  }

  private void writeBuffers(StructWriter layer, PlanShape.Layer numbers, long stream) {
    List<Table> tables = new ArrayList<>();
    for (int parity = 0; parity < 2; parity++) {
      Table table =
          new Table(
              integers(numbers.candidateCapacity()),
              integers(numbers.slots()),
              allocate(numbers.slots()));
      table.empty(stream);
      tables.add(table);
      StructWriter.at(
              layer.memory(),
              StepLayouts.offset(DeviceLayouts.LAYER, "tables")
                  + parity * DeviceLayouts.TABLE.byteSize(),
              DeviceLayouts.TABLE)
          .put("slot", table.slot().address())
          .put("next", integers(numbers.candidateCapacity()).address())
          .put("first", table.first().address())
          .put("is_matched", table.isMatched().address());
    }
    DeviceMemory positives =
        allocate(DeviceLayouts.POSITIVE.byteSize() * numbers.candidateCapacity());
    // read back whole, though a step writes the records of matches only
    positives.fill((byte) 0, stream);
    DeviceMemory tileParts = allocate(StepLayouts.PARTS.byteSize() * numbers.tiles());
    layers.add(new Layer(numbers, List.copyOf(tables), positives, tileParts));
    layer
        .put("ordered_next", integers(numbers.candidateCapacity()).address())
        .put("written", integers(numbers.candidateCapacity()).address())
        .put("positives", positives.address())
        .put("tile_parts", tileParts.address());
    if (spec.ignore().rule() != Ignore.Rule.NOBODY) {
      DeviceMemory state = allocate(numbers.slots());
      states.add(state);
      layer.put("state", state.address());
    }
    if (spec.ignore().rule() == Ignore.Rule.IOU_AT_LEAST) {
      layer.put("above", integers(shape.images()).address());
    }
    if (spec.ignore().rule() == Ignore.Rule.IOU_ABOVE_AND_CLASS) {
      layer.put("written_special", integers(numbers.slots()).address());
    }
  }

  private void writeGrid(
      MemorySegment memory, int layer, PlanShape.Layer numbers, List<Anchor> pool) {
    Head head = spec.heads().heads().get(layer);
    boolean inImageUnits =
        spec.decoding() == BoxDecoding.DARKNET || spec.decoding() == BoxDecoding.DARKNET_NEW_COORDS;
    StructWriter grid =
        new StructWriter(memory, DeviceLayouts.GRID)
            .put("layer", layer)
            .put("images", shape.images())
            .put("anchors", numbers.anchors())
            .put("height", numbers.height())
            .put("width", numbers.width())
            .put("stride", head.stride())
            .put("scale_xy", head.scaleXY());
    grid.field("in_image_units").set(JAVA_BYTE, 0, (byte) (inImageUnits ? 1 : 0));
    for (int a = 0; a < numbers.anchors(); a++) {
      int member = head.anchors().get(a);
      grid.field("anchor_width").setAtIndex(JAVA_DOUBLE, a, pool.get(member).width());
      grid.field("anchor_height").setAtIndex(JAVA_DOUBLE, a, pool.get(member).height());
      grid.field("members").setAtIndex(JAVA_INT, a, member);
    }
  }

  private List<Anchor> poolInPixels() {
    if (spec.heads().unit() == AnchorUnit.PIXELS) {
      return spec.heads().anchors();
    }
    double width = shape.layers().getFirst().width() * spec.heads().heads().getFirst().stride();
    double height = shape.layers().getFirst().height() * spec.heads().heads().getFirst().stride();
    return spec.heads().anchors().stream()
        .map(a -> new Anchor(a.width() * width, a.height() * height))
        .toList();
  }

  private long doubles(long count) {
    return allocate(count * ValueLayout.JAVA_DOUBLE.byteSize()).address();
  }

  private DeviceMemory integers(long count) {
    return allocate(count * JAVA_INT.byteSize());
  }

  private DeviceMemory allocate(long bytes) {
    return buffers.add(new DeviceMemory(context, bytes));
  }

  /** Idempotent. */
  @Override
  public void close() {
    buffers.close();
  }
}
