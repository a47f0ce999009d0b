package dev.yololoss.benchmarks.cuda;

import com.fasterxml.jackson.annotation.JsonIgnore;
import dev.yololoss.ElementType;
import dev.yololoss.benchmarks.Layout;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Preset;
import java.util.ArrayList;
import java.util.List;

/**
 * What a GPU is given to work on; as on the CPU, and larger batches.
 *
 * @param targets of the whole batch
 * @param kept whether gradients go into the engine's own memory, else all of it is cleared each
 *     time
 */
record DeviceCase(
    Preset preset,
    int batch,
    int size,
    int classes,
    int targets,
    Layout layout,
    ElementType type,
    boolean kept) {
  /** The standard workload's targets for each 16 images. */
  private static final int TARGETS = 100;

  static DeviceCase standard() {
    return new DeviceCase(Preset.YOLOV5, 16, 640, 80, TARGETS, Layout.NCHW, ElementType.F32, true);
  }

  /** For a device that is only emulated: everything runs, and nothing is learned about time. */
  static List<DeviceCase> tiny() {
    DeviceCase tiny =
        new DeviceCase(Preset.YOLOV5, 2, 64, 3, 5, Layout.NCHW, ElementType.F32, true);
    return List.of(tiny, tiny.of(Preset.YOLOV3_BCE), tiny.cleared());
  }

  static List<DeviceCase> all() {
    DeviceCase standard = standard();
    List<DeviceCase> cases = new ArrayList<>();
    for (int batch : List.of(16, 64, 256)) {
      DeviceCase larger = standard.images(batch, TARGETS * batch / 16);
      cases.add(larger);
      cases.add(larger.with(ElementType.F16));
      cases.add(larger.of(Preset.YOLOV3_BCE));
    }
    cases.add(standard.cleared());
    cases.add(standard.with(Layout.ATTRIBUTE_LAST));
    cases.add(standard.with(ElementType.BF16));
    cases.add(standard.images(16, 0));
    cases.add(standard.images(16, 1000));
    cases.add(standard.of(Preset.YOLOV3_BCE).images(16, 4800));
    cases.add(
        new DeviceCase(Preset.YOLOV3_BCE, 8, 416, 80, 64, Layout.NCHW, ElementType.F32, true));
    for (Preset preset : Preset.values()) {
      cases.add(standard.of(preset));
    }
    return cases.stream().distinct().toList();
  }

  @JsonIgnore
  LossSpec spec() {
    return LossSpec.builder(preset).classes(classes).build();
  }

  DeviceCase of(Preset other) {
    return new DeviceCase(other, batch, size, classes, targets, layout, type, kept);
  }

  DeviceCase images(int images, int boxes) {
    return new DeviceCase(preset, images, size, classes, boxes, layout, type, kept);
  }

  DeviceCase with(Layout other) {
    return new DeviceCase(preset, batch, size, classes, targets, other, type, kept);
  }

  DeviceCase with(ElementType other) {
    return new DeviceCase(preset, batch, size, classes, targets, layout, other, kept);
  }

  DeviceCase cleared() {
    return new DeviceCase(preset, batch, size, classes, targets, layout, type, false);
  }
}
