package dev.yololoss.trainer.check;

import dev.yololoss.Backend;
import dev.yololoss.ElementType;
import dev.yololoss.EngineOptions;
import dev.yololoss.Gradients;
import dev.yololoss.HeadTensor;
import dev.yololoss.LossEngine;
import dev.yololoss.LossResult;
import dev.yololoss.LossState;
import dev.yololoss.NonFinitePolicy;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Preset;
import dev.yololoss.spec.SpecException;
import dev.yololoss.trainer.safetensors.SafetensorsException;
import dev.yololoss.trainer.safetensors.SafetensorsFile;
import dev.yololoss.trainer.safetensors.SafetensorsWriter;
import dev.yololoss.trainer.safetensors.StoredTensor;
import dev.yololoss.trainer.safetensors.TensorType;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A case with predictions and targets: computed with gradient, and compared with what the file
 * expects, if anything.
 */
final class LossCase {
  private static final double BALANCE_TOLERANCE = 1e-12;

  private final SafetensorsFile file;
  private final Backend backend;
  private final String presetName;
  private final Translated translated;

  LossCase(SafetensorsFile file, Backend backend) throws SafetensorsException {
    this.file = file;
    this.backend = backend;
    this.presetName = CaseFile.metadata(file, "preset");
    this.translated = translate();
  }

  private Translated translate() throws SafetensorsException {
    CaseConfig config = CaseConfig.parse(file.path(), CaseFile.metadata(file, "config"));
    try {
      Preset preset = Preset.of(presetName);
      return Translator.of(preset, presetName).translate(preset, config, rows());
    } catch (SpecException e) {
      throw new SafetensorsException(file.path(), e.getMessage());
    }
  }

  private List<double[]> rows() throws SafetensorsException {
    StoredTensor tensor = file.floats("targets", -1, 6);
    double[] all = tensor.toArray();
    List<double[]> rows = new ArrayList<>();
    for (int row = 0; row < tensor.shape().getFirst(); row++) {
      rows.add(Arrays.copyOfRange(all, 6 * row, 6 * row + 6));
    }
    return rows;
  }

  CaseReport run() throws SafetensorsException {
    LossSpec spec = translated.spec();
    try (Arena arena = Arena.ofConfined();
        LossEngine engine =
            LossEngine.open(spec, EngineOptions.on(backend).with(NonFinitePolicy.REPORT))) {
      List<HeadTensor> predictions = predictions(spec);
      ElementType type = engine.backend() == Backend.REFERENCE ? ElementType.F64 : ElementType.F32;
      List<HeadTensor> gradients = new ArrayList<>();
      for (HeadTensor p : predictions) {
        gradients.add(
            HeadTensor.nchw(
                arena.allocate(p.size() * type.bytes(), 64),
                type,
                p.images(),
                p.anchors(),
                p.attributes(),
                p.height(),
                p.width()));
      }
      if (file.has("balance_before")) {
        engine.restore(
            new LossState(
                Arrays.stream(file.floats("balance_before", -1).toArray()).boxed().toList()));
      }
      LossResult result =
          engine.compute(predictions, translated.targets(), Gradients.into(gradients));
      return report(engine, result, gradients);
    } catch (IllegalArgumentException e) {
      throw new SafetensorsException(file.path(), e.getMessage());
    }
  }

  private List<HeadTensor> predictions(LossSpec spec) throws SafetensorsException {
    List<HeadTensor> predictions = new ArrayList<>();
    for (int layer = 0; layer < spec.heads().heads().size(); layer++) {
      int anchors = spec.heads().heads().get(layer).anchors().size();
      StoredTensor t = file.floats("pred." + layer, -1, (long) anchors * spec.attributes(), -1, -1);
      predictions.add(
          HeadTensor.nchw(
              t.data(),
              t.type().elementType(),
              Math.toIntExact(t.shape().get(0)),
              anchors,
              spec.attributes(),
              Math.toIntExact(t.shape().get(2)),
              Math.toIntExact(t.shape().get(3))));
    }
    return predictions;
  }

  private CaseReport report(LossEngine engine, LossResult result, List<HeadTensor> gradients)
      throws SafetensorsException {
    Tolerance tolerance = Tolerance.of(engine.backend());
    TensorType type = engine.backend() == Backend.REFERENCE ? TensorType.F64 : TensorType.F32;
    Expected expected = new Expected(file);
    double[] components = translated.components().apply(result);
    SafetensorsWriter output =
        new SafetensorsWriter()
            .add("total", TensorType.F64, new double[] {result.total()}, 1)
            .add("loss", TensorType.F64, components, components.length);
    Deviation ofGradients = Deviation.NONE;
    for (int layer = 0; layer < gradients.size(); layer++) {
      HeadTensor g = gradients.get(layer);
      double[] values = new double[Math.toIntExact(g.size())];
      Arrays.setAll(values, i -> g.type().get(g.memory(), i));
      output.add(
          "grad." + layer,
          type,
          values,
          g.images(),
          (long) g.anchors() * g.attributes(),
          g.height(),
          g.width());
      ofGradients = ofGradients.and(expected.gradient(layer, values, tolerance));
    }
    double[] balance = engine.state().balance().stream().mapToDouble(d -> d).toArray();
    if (file.has("balance_after")) {
      output.add("balance_after", TensorType.F64, balance, balance.length);
    }
    return new CaseReport(
        presetName,
        CaseFile.name(file),
        result.total(),
        expected.any(),
        expected.total(result.total(), tolerance),
        expected
            .components(components, tolerance)
            .and(expected.balance(balance, BALANCE_TOLERANCE)),
        ofGradients,
        translated.notes(),
        output);
  }
}
