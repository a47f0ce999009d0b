package dev.yololoss.host;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.yololoss.LossParts;
import dev.yololoss.Match;
import dev.yololoss.layout.StepLayouts;
import dev.yololoss.layout.StepReader;
import dev.yololoss.spec.LossSpec;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;

/** A step of the C++ engine, whose arrays lie where its result points. */
final class HostStep extends StepReader {
  private static final ValueLayout.OfLong EIGHT =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final MemorySegment result;
  private int images;

  HostStep(MemorySegment result, LossSpec spec) {
    super(result, spec);
    this.result = result;
  }

  void images(int count) {
    images = count;
  }

  @Override
  public List<LossParts> perImage() {
    MemorySegment parts = array("per_image", StepLayouts.PARTS, images);
    return IntStream.range(0, images)
        .mapToObj(i -> parts(parts, i * StepLayouts.PARTS.byteSize()))
        .toList();
  }

  @Override
  public List<Match> matches() {
    int count = matchCount();
    MemorySegment rows = array("matches", StepLayouts.MATCH, count);
    return IntStream.range(0, count)
        .mapToObj(n -> match(rows, n * StepLayouts.MATCH.byteSize()))
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
          rows.get(JAVA_DOUBLE, at + StepLayouts.offset(StepLayouts.MATCH, "iou") + 8L * i);
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
    long at = StepLayouts.offset(StepLayouts.RESULT, "states") + ADDRESS.byteSize() * layer;
    MemorySegment states = sized(result.get(ADDRESS, at), slots);
    long[] words = new long[Math.toIntExact((slots + Long.SIZE - 1) / Long.SIZE)];
    long slot = 0;
    for (; slot + Byte.SIZE <= slots; slot += Byte.SIZE) {
      words[(int) (slot / Long.SIZE)] |= ignoredOfEight(states.get(EIGHT, slot)) << slot;
    }
    for (; slot < slots; slot++) {
      words[(int) (slot / Long.SIZE)] |= (states.get(JAVA_BYTE, slot) == 1 ? 1L : 0) << slot;
    }
    return BitSet.valueOf(words);
  }

  /** A bit for each of eight states, a byte each, that is 1; the states are 0 to 3. */
  private static long ignoredOfEight(long states) {
    long ones = states & ~(states >>> 1) & 0x0101_0101_0101_0101L;
    return ones * 0x0102_0408_1020_4080L >>> 56; // bit 8 i goes to bit 56 + i
  }

  private MemorySegment array(String field, StructLayout layout, long count) {
    return sized(
        result.get(ADDRESS, StepLayouts.offset(StepLayouts.RESULT, field)),
        count * layout.byteSize());
  }

  @SuppressWarnings("restricted") // the size is the engine's own
  private static MemorySegment sized(MemorySegment address, long bytes) {
    return address.reinterpret(bytes);
  }
}
