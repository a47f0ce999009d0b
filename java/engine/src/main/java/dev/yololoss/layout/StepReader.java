package dev.yololoss.layout;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.yololoss.DeltaTally;
import dev.yololoss.Diagnostics;
import dev.yololoss.LossParts;
import dev.yololoss.NonFinite;
import dev.yololoss.RawSums;
import dev.yololoss.backend.StepValues;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.ObjectnessTerm;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.util.List;
import java.util.Optional;
import java.util.function.LongFunction;
import java.util.stream.IntStream;

/**
 * A step as C++ left it: read when asked for, valid until the next one. The arrays whose length
 * depends on the step are elsewhere on each backend.
 */
public abstract class StepReader implements StepValues {
  private static final long TOTAL = StepLayouts.offset(StepLayouts.RESULT, "total");
  private static final long KIND = StepLayouts.offset(StepLayouts.RESULT, "non_finite_kind");
  private static final long NEXT_BALANCE = StepLayouts.offset(StepLayouts.RESULT, "next_balance");

  private static final List<NonFinite.Kind> KINDS = List.of(NonFinite.Kind.values());

  private final MemorySegment result;
  private final int heads;
  private final boolean deltas;

  /**
   * @param result a {@link StepLayouts#RESULT}
   */
  protected StepReader(MemorySegment result, LossSpec spec) {
    this.result = result;
    this.heads = spec.heads().heads().size();
    this.deltas = spec.objectness().kind() == ObjectnessTerm.Kind.DELTA;
  }

  /** How many rows the assignment table has. */
  protected final int matchCount() {
    return integer("match_count");
  }

  @Override
  public LossParts total() {
    return parts(result, TOTAL);
  }

  @Override
  public List<LossParts> perLayer() {
    return perHead("per_layer", StepLayouts.PARTS, at -> parts(result, at));
  }

  @Override
  public List<RawSums> rawSums() {
    return perHead(
        "raw_sums",
        StepLayouts.RAW_SUMS,
        at ->
            new RawSums(
                number(at, 0),
                number(at, 1),
                number(at, 2),
                number(at, 3),
                number(at, 4),
                number(at, 5)));
  }

  @Override
  public Diagnostics diagnostics() {
    return new Diagnostics(
        matchCount(),
        integer("collisions"),
        result.get(JAVA_LONG, StepLayouts.offset(StepLayouts.RESULT, "ignored")),
        number("mean_iou"),
        number("recall50"),
        number("recall75"),
        number("objectness_on_matches"),
        number("objectness_elsewhere"),
        firstNonFinite(),
        deltas ? perHead("tallies", StepLayouts.TALLY, this::tally) : List.of());
  }

  private DeltaTally tally(long at) {
    return new DeltaTally(
        number(at, 0),
        number(at, 1),
        number(at, 2),
        Math.toIntExact(whole(at, 3)),
        Math.toIntExact(whole(at, 4)),
        Math.toIntExact(whole(at, 5)),
        number(at, 6),
        number(at, 7),
        number(at, 8));
  }

  @Override
  public Optional<NonFinite> firstNonFinite() {
    int kind = result.get(JAVA_INT, KIND);
    if (kind >= KINDS.size()) {
      return Optional.empty();
    }
    double value = number("non_finite_value");
    return Optional.of(
        KINDS.get(kind) == NonFinite.Kind.LOSS
            ? new NonFinite(NonFinite.Kind.LOSS, -1, -1, -1, -1, -1, -1, value)
            : new NonFinite(
                KINDS.get(kind),
                integer("non_finite_layer"),
                integer("non_finite_image"),
                integer("non_finite_anchor"),
                integer("non_finite_row"),
                integer("non_finite_column"),
                integer("non_finite_attribute"),
                value));
  }

  @Override
  public void nextBalance(double[] balance) {
    MemorySegment.copy(result, JAVA_DOUBLE, NEXT_BALANCE, balance, 0, balance.length);
  }

  private <T> List<T> perHead(String field, StructLayout layout, LongFunction<T> read) {
    long first = StepLayouts.offset(StepLayouts.RESULT, field);
    return IntStream.range(0, heads)
        .mapToObj(layer -> read.apply(first + layer * layout.byteSize()))
        .toList();
  }

  /** A {@link StepLayouts#PARTS}. */
  protected static LossParts parts(MemorySegment memory, long at) {
    return new LossParts(
        memory.get(JAVA_DOUBLE, at),
        memory.get(JAVA_DOUBLE, at + 8),
        memory.get(JAVA_DOUBLE, at + 16));
  }

  private double number(long at, int index) {
    return result.get(JAVA_DOUBLE, at + 8L * index);
  }

  private long whole(long at, int index) {
    return result.get(JAVA_LONG, at + 8L * index);
  }

  private double number(String field) {
    return result.get(JAVA_DOUBLE, StepLayouts.offset(StepLayouts.RESULT, field));
  }

  private int integer(String field) {
    return result.get(JAVA_INT, StepLayouts.offset(StepLayouts.RESULT, field));
  }
}
