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
import dev.yololoss.TargetException;
import dev.yololoss.Targets;
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
import java.util.OptionalDouble;

/**
 * A case with predictions and targets: computed with gradient, and compared with what the file
 * expects, if anything.
 */
final class LossCase {
  private final SafetensorsFile file;
  private final EngineOptions options;
  private final List<double[]> rows;
  private final Translated translated;
  private final String presetName;
  private final Naming naming;

  LossCase(SafetensorsFile file, EngineOptions options) throws SafetensorsException {
    this.file = file;
    this.options = options;
    this.rows = rows();
    boolean own = CaseFile.isInOwnWords(file);
    this.translated = own ? inOwnWords() : translate();
    this.presetName =
        own ? translated.spec().preset().id() : CaseFile.metadata(file, CaseFile.PRESET);
    this.naming = own ? Naming.PLAIN : Naming.of(presetName);
  }

  private Translated inOwnWords() throws SafetensorsException {
    try {
      return Translated.of(LossSpec.fromJson(CaseFile.metadata(file, CaseFile.SPEC)), rows);
    } catch (SpecException e) {
      throw new SafetensorsException(file.path(), "metadata \"spec\": " + e.getMessage());
    }
  }

  private Translated translate() throws SafetensorsException {
    String name = CaseFile.metadata(file, CaseFile.PRESET);
    CaseConfig config = CaseConfig.parse(file.path(), CaseFile.metadata(file, CaseFile.CONFIG));
    try {
      Preset preset = Preset.of(name);
      requireSameBatch(config);
      return Translator.of(preset, name).translate(preset, config, rows);
    } catch (SpecException e) {
      throw new SafetensorsException(file.path(), e.getMessage());
    }
  }

  /** The original's averages are over the batch that it was told of. */
  private void requireSameBatch(CaseConfig config) throws SafetensorsException {
    long images = file.floats("pred.0", -1, -1, -1, -1).shape().getFirst();
    if (config.isSet("batch") && config.whole("batch") != images) {
      throw config.wrong("batch", config.node().get("batch"), images + ", as in tensor \"pred.0\"");
    }
  }

  private List<double[]> rows() throws SafetensorsException {
    StoredTensor tensor = file.floats("targets", -1, 6);
    double[] all = tensor.toArray();
    List<double[]> rows = new ArrayList<>();
    for (int row = 0; row < all.length / 6; row++) {
      rows.add(Arrays.copyOfRange(all, 6 * row, 6 * row + 6));
    }
    return rows;
  }

  CaseReport run() throws SafetensorsException {
    LossSpec spec = translated.spec();
    try (Arena arena = Arena.ofConfined();
        LossEngine engine = LossEngine.open(spec, options.with(NonFinitePolicy.REPORT))) {
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
          engine.compute(
              predictions,
              Targets.ofRows(translated.rows().toArray(double[][]::new)),
              Gradients.into(gradients));
      return report(engine, result, gradients);
    } catch (TargetException e) {
      throw new SafetensorsException(file.path(), inFilesRows(e));
    } catch (IllegalArgumentException e) {
      throw new SafetensorsException(file.path(), e.getMessage());
    }
  }

  /** The engine counts the rows that it was given; the file may have had more. */
  private String inFilesRows(TargetException e) {
    int row = rows.indexOf(translated.rows().get(e.row()));
    return e.getMessage().replaceFirst("^target row \\d+", "target row " + row);
  }

  private List<HeadTensor> predictions(LossSpec spec) throws SafetensorsException {
    List<HeadTensor> predictions = new ArrayList<>();
    int layers = spec.heads().heads().size();
    for (int layer = 0; layer < layers; layer++) {
      int anchors = spec.heads().heads().get(layer).anchors().size();
      StoredTensor t = file.floats("pred." + layer, -1, (long) anchors * spec.attributes(), -1, -1);
      if (t.size() == 0 || t.size() > Integer.MAX_VALUE - 8) {
        throw new SafetensorsException(
            file.path(),
            "tensor \""
                + t.name()
                + "\" has the shape "
                + t.shape()
                + "; allowed are 1..2^31-9 numbers");
      }
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
    if (file.has("pred." + layers)) {
      throw new SafetensorsException(
          file.path(), "has a tensor \"pred." + layers + "\"; the loss has " + layers + " heads");
    }
    return predictions;
  }

  private CaseReport report(LossEngine engine, LossResult result, List<HeadTensor> gradients)
      throws SafetensorsException {
    Tolerance tolerance = Tolerance.of(engine.backend());
    Expected expected = new Expected(file, tolerance);
    double[] components = translated.components().apply(result);
    SafetensorsWriter output =
        new SafetensorsWriter()
            .metadata("backend", engine.backend().name())
            .metadata("spec", translated.spec().toJson())
            .add("total", TensorType.F64, new double[] {result.total()}, 1)
            .add("loss", TensorType.F64, components, components.length);
    Deviation ofGradients = Deviation.NONE;
    for (int layer = 0; layer < gradients.size(); layer++) {
      HeadTensor g = gradients.get(layer);
      double[] values = new double[(int) g.size()];
      Arrays.setAll(values, i -> g.type().get(g.memory(), i));
      long[] shape = {g.images(), (long) g.anchors() * g.attributes(), g.height(), g.width()};
      output.add(
          "grad." + layer,
          g.type() == ElementType.F64 ? TensorType.F64 : TensorType.F32,
          values,
          shape);
      ofGradients =
          ofGradients.and(expected.tensor(naming.gradient(layer), naming.sign(), values, shape));
    }
    double[] balance = engine.state().balance().stream().mapToDouble(d -> d).toArray();
    if (file.has("balance_after")) {
      output.add("balance_after", TensorType.F64, balance, balance.length);
    }
    return new CaseReport(
        presetName,
        CaseFile.name(file),
        engine.choice(),
        OptionalDouble.of(result.total()),
        expected.numbers(naming.total(), new double[] {result.total()}),
        expected
            .components(naming, components)
            .and(expected.numbers("balance_after", balance, tolerance.state())),
        ofGradients,
        translated.notes(),
        output);
  }
}
