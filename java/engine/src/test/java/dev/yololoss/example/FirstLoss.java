package dev.yololoss.example;

import dev.yololoss.*;
import dev.yololoss.spec.*;
import java.lang.foreign.*;
import java.util.List;

public class FirstLoss {
  public static void main(String[] args) {
    Heads heads = Heads.builder().head(16, 28, 28, 60, 60, 100, 110).build();
    LossSpec spec = LossSpec.builder(Preset.YOLOV5).classes(3).heads(heads).build();
    try (Arena arena = Arena.ofConfined();
        LossEngine engine = LossEngine.open(spec, Backend.AUTO)) {
      int images = 2, anchors = 3, grid = 16; // 256 x 256 pixels, stride 16
      int values = images * anchors * spec.attributes() * grid * grid;
      MemorySegment output = arena.allocate(ValueLayout.JAVA_FLOAT, values); // your network's
      HeadTensor head =
          HeadTensor.nchw(output, ElementType.F32, images, anchors, spec.attributes(), grid, grid);
      Targets targets =
          Targets.builder().add(0, 2, 0.5, 0.5, 0.2, 0.3).add(1, 0, 0.1, 0.7, 0.1, 0.1).build();
      LossResult loss = engine.compute(List.of(head), targets);
      HeadTensor gradient = engine.gradients().tensors().getFirst(); // same shape as head
      System.out.println(loss.parts() + " from " + loss.matches().size() + " matches");
      System.out.println("d loss / d objectness: " + gradient.get(0, 0, 4, 8, 8));
    }
  }
}
