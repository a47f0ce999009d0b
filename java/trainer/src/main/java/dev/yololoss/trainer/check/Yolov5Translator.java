package dev.yololoss.trainer.check;

import dev.yololoss.LossParts;
import dev.yololoss.spec.Heads;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Preset;
import dev.yololoss.trainer.safetensors.SafetensorsException;
import java.util.ArrayList;
import java.util.List;

/** ultralytics/yolov5: {@code hyp}, {@code gr}, {@code balance}, {@code ssi}. */
final class Yolov5Translator implements Translator {
  @Override
  public Translated translate(Preset preset, CaseConfig config, List<double[]> rows)
      throws SafetensorsException {
    CaseConfig hyp = config.within("hyp");
    Heads heads = Translator.ownAnchors(config);
    List<String> notes = new ArrayList<>();
    LossSpec.Builder builder =
        LossSpec.builder(preset)
            .classes(config.whole("classes"))
            .heads(heads)
            .option("box.weight", hyp.number("box"))
            .option("objectness.weight", hyp.number("obj"))
            .option("classification.weight", hyp.number("cls"))
            .option("objectness.positiveWeight", hyp.number("obj_pw"))
            .option("assignment.ratioLimit", hyp.number("anchor_t"))
            .option("objectness.iouShare", config.number("gr"))
            .option("reduction.balance", config.numbers("balance"))
            .option("reduction.autobalance", config.flag("autobalance"));
    if (config.flag("autobalance")) {
      builder.option(
          "reduction.balanceStride",
          heads.heads().get(config.index("ssi", heads.heads().size())).stride());
    }
    if (preset == Preset.YOLOV5) {
      builder
          .option("classification.positiveWeight", hyp.number("cls_pw"))
          .option("classification.labelSmoothing", hyp.number("label_smoothing"))
          .option("focalGamma", hyp.number("fl_gamma"))
          .option("objectness.sortByIou", config.flag("sort_obj_iou"));
    } else {
      if (hyp.isSet("fl_gamma") && hyp.number("fl_gamma") != 0) {
        throw new SafetensorsException(
            config.file(),
            "config.hyp.fl_gamma is "
                + hyp.number("fl_gamma")
                + "; with softmax classes the original fails, so it must be 0");
      }
      for (String unused : List.of("label_smoothing", "cls_pw")) {
        if (hyp.isSet(unused) && hyp.number(unused) != (unused.equals("cls_pw") ? 1 : 0)) {
          notes.add("hyp." + unused + " has no effect on softmax classes");
        }
      }
    }
    int batch = config.whole("batch");
    boolean withSum = preset == Preset.YOLOV5_CE;
    return new Translated(
        Translator.build(config, builder),
        rows,
        result -> {
          LossParts p = result.parts();
          double[] three = {p.box() / batch, p.objectness() / batch, p.classification() / batch};
          return withSum
              ? new double[] {three[0], three[1], three[2], three[0] + three[1] + three[2]}
              : three;
        },
        notes);
  }
}
