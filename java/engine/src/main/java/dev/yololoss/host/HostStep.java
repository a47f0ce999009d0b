package dev.yololoss.host;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.yololoss.DeltaTally;
import dev.yololoss.Diagnostics;
import dev.yololoss.LossParts;
import dev.yololoss.Match;
import dev.yololoss.NonFinite;
import dev.yololoss.RawSums;
import dev.yololoss.backend.StepValues;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.function.LongFunction;
import java.util.stream.IntStream;

/** A step as C++ left it: read when asked for, valid until the next one. */
final class HostStep implements StepValues {
  private static final long TOTAL = HostLayouts.offset(HostLayouts.RESULT, "total");
  private static final long KIND = HostLayouts.offset(HostLayouts.RESULT, "non_finite_kind");
  private static final long NEXT_BALANCE = HostLayouts.offset(HostLayouts.RESULT, "next_balance");

  private final MemorySegment result;
  private final int heads;
  private final boolean deltas;
  private int images;

  /**
   * @param deltas whether the loss has darknet's tallies
   */
  HostStep(MemorySegment result, int heads, boolean deltas) {
    this.result = result;
    this.heads = heads;
    this.deltas = deltas;
  }

  void images(int count) {
    images = count;
  }

  @Override
  public LossParts total() {
    return parts(result, TOTAL);
  }

  @Override
  public List<LossParts> perLayer() {
    return perHead("per_layer", HostLayouts.PARTS, at -> parts(result, at));
  }

  @Override
  public List<LossParts> perImage() {
    MemorySegment parts = array("per_image", HostLayouts.PARTS, images);
    return IntStream.range(0, images)
        .mapToObj(i -> parts(parts, i * HostLayouts.PARTS.byteSize()))
        .toList();
  }

  @Override
  public List<RawSums> rawSums() {
    return perHead(
        "raw_sums",
        HostLayouts.RAW_SUMS,
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
        integer("match_count"),
        integer("collisions"),
        result.get(JAVA_LONG, HostLayouts.offset(HostLayouts.RESULT, "ignored")),
        number("mean_iou"),
        number("recall50"),
        number("recall75"),
        number("objectness_on_matches"),
        number("objectness_elsewhere"),
        firstNonFinite(),
        deltas ? perHead("tallies", HostLayouts.TALLY, this::tally) : List.of());
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
  public List<Match> matches() {
    int count = integer("match_count");
    MemorySegment rows = array("matches", HostLayouts.MATCH, count);
    return IntStream.range(0, count)
        .mapToObj(n -> match(rows, n * HostLayouts.MATCH.byteSize()))
        .toList();
  }

  private static Match match(MemorySegment rows, long at) {
    int[] whole = new int[7];
    for (int i = 0; i < whole.length; i++) {
      whole[i] = rows.get(JAVA_INT, at + 4L * i);
    }
    double[] numbers = new double[4];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] =
          rows.get(JAVA_DOUBLE, at + HostLayouts.offset(HostLayouts.MATCH, "iou") + 8L * i);
    }
    return new Match(
        whole[0],
        whole[1],
        whole[2],
        whole[3],
        whole[4],
        whole[5],
        whole[6] != 0,
        numbers[0],
        numbers[1],
        numbers[2],
        numbers[3]);
  }

  /** The ignored slots of a layer. */
  BitSet ignored(int layer, long slots) {
    long at = HostLayouts.offset(HostLayouts.RESULT, "states") + ADDRESS.byteSize() * layer;
    MemorySegment states = sized(result.get(ADDRESS, at), slots);
    BitSet bits = new BitSet();
    for (int slot = 0; slot < slots; slot++) {
      bits.set(slot, states.get(JAVA_BYTE, slot) == 1);
    }
    return bits;
  }

  @Override
  public Optional<NonFinite> firstNonFinite() {
    int kind = result.get(JAVA_INT, KIND);
    if (kind >= NonFinite.Kind.values().length) {
      return Optional.empty();
    }
    double value = number("non_finite_value");
    return Optional.of(
        NonFinite.Kind.values()[kind] == NonFinite.Kind.LOSS
            ? new NonFinite(NonFinite.Kind.LOSS, -1, -1, -1, -1, -1, -1, value)
            : new NonFinite(
                NonFinite.Kind.values()[kind],
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
    long first = HostLayouts.offset(HostLayouts.RESULT, field);
    return IntStream.range(0, heads)
        .mapToObj(layer -> read.apply(first + layer * layout.byteSize()))
        .toList();
  }

  private static LossParts parts(MemorySegment memory, long at) {
    return new LossParts(
        memory.get(JAVA_DOUBLE, at),
        memory.get(JAVA_DOUBLE, at + 8),
        memory.get(JAVA_DOUBLE, at + 16));
  }

  private MemorySegment array(String field, StructLayout layout, long count) {
    return sized(
        result.get(ADDRESS, HostLayouts.offset(HostLayouts.RESULT, field)),
        count * layout.byteSize());
  }

  @SuppressWarnings("restricted") // the size is the engine's own
  private static MemorySegment sized(MemorySegment address, long bytes) {
    return address.reinterpret(bytes);
  }

  private double number(long at, int index) {
    return result.get(JAVA_DOUBLE, at + 8L * index);
  }

  private long whole(long at, int index) {
    return result.get(JAVA_LONG, at + 8L * index);
  }

  private double number(String field) {
    return result.get(JAVA_DOUBLE, HostLayouts.offset(HostLayouts.RESULT, field));
  }

  private int integer(String field) {
    return result.get(JAVA_INT, HostLayouts.offset(HostLayouts.RESULT, field));
  }
}
