package dev.yololoss.reference;

import dev.yololoss.DecodedBoxes;
import dev.yololoss.DeltaTally;
import dev.yololoss.HeadTensor;
import dev.yololoss.IgnoreMask;
import dev.yololoss.Match;
import dev.yololoss.NonFinite;
import dev.yololoss.NonFiniteException;
import dev.yololoss.NonFinitePolicy;
import dev.yololoss.Targets;
import dev.yololoss.backend.LossExecutor;
import dev.yololoss.backend.StepRequest;
import dev.yololoss.backend.StepValues;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.ObjectnessTerm;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/** A loss on the reference backend: decide, evaluate, write. */
public final class ReferenceExecutor implements LossExecutor {
  private final LossSpec spec;

  public ReferenceExecutor(LossSpec spec) {
    this.spec = spec;
  }

  @Override
  public StepValues step(StepRequest request) {
    List<HeadValues> heads = heads(request.predictions());
    List<Grid> grids = heads.stream().map(HeadValues::grid).toList();
    Decisions decisions = Decide.of(spec, heads, request.targets());
    List<DeltaTally> tallies = new ArrayList<>();
    Evaluate.Outcome outcome =
        spec.objectness().kind() == ObjectnessTerm.Kind.DELTA
            ? DarknetDeltas.of(spec, heads, request.targets(), decisions, tallies)
            : Evaluate.of(spec, heads, decisions, request.balance());
    Ledger ledger = outcome.ledger();

    List<Match> matches = Diagnose.matches(spec, heads, decisions, outcome.losses());
    Optional<NonFinite> nonFinite =
        heads.stream().flatMap(h -> h.firstNonFinite().stream()).findFirst();
    if (!request.gradients().isEmpty()) {
      Optional<NonFinite> inGradient =
          WriteGradients.of(
              grids,
              ledger.gradients(),
              request.gradientScale(),
              request.gradients(),
              request.nonFinite());
      nonFinite = nonFinite.or(() -> inGradient);
    }
    double total = ledger.total().total();
    if (!Double.isFinite(total)) {
      nonFinite =
          nonFinite.or(
              () -> Optional.of(new NonFinite(NonFinite.Kind.LOSS, -1, -1, -1, -1, -1, -1, total)));
    }
    if (nonFinite.isPresent() && request.nonFinite() == NonFinitePolicy.THROW) {
      WriteGradients.zero(grids, request.gradients());
      throw new NonFiniteException(nonFinite.get());
    }
    return new ReferenceStep(
        ledger.total(),
        ledger.perLayer(),
        ledger.perImage(),
        ledger.rawSums(),
        Diagnose.of(spec, heads, request.targets(), decisions, matches, nonFinite, tallies),
        matches,
        Autobalance.next(spec, grids, ledger.rawSums(), request.balance()));
  }

  @Override
  public List<Match> assign(List<HeadTensor> predictions, Targets targets) {
    List<HeadValues> heads = heads(predictions);
    Decisions decisions = Decide.of(spec, heads, targets);
    return Diagnose.matches(spec, heads, decisions, new MatchLosses(decisions.positives().size()));
  }

  @Override
  public IgnoreMask searchIgnored(List<HeadTensor> predictions, Targets targets) {
    List<BitSet> layers = new ArrayList<>();
    for (Decisions.Layer layer : Decide.of(spec, heads(predictions), targets).layers()) {
      BitSet bits = new BitSet();
      for (int slot = 0; slot < layer.ignored().length; slot++) {
        bits.set(slot, layer.ignored()[slot]);
      }
      layers.add(bits);
    }
    return new IgnoreMask(layers);
  }

  @Override
  public DecodedBoxes decode(List<HeadTensor> predictions) {
    return DecodePredictions.of(spec, heads(predictions));
  }

  private List<HeadValues> heads(List<HeadTensor> predictions) {
    List<HeadValues> heads = new ArrayList<>();
    for (int layer = 0; layer < predictions.size(); layer++) {
      heads.add(
          new HeadValues(Grid.of(spec, layer, predictions.get(layer)), predictions.get(layer)));
    }
    return heads;
  }

  @Override
  public void close() {}
}
