package dev.yololoss.reference;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The matches by the slot that they share, in order: what {@link dev.yololoss.spec.Collision} looks
 * at.
 */
final class Slots {
  private final Map<Integer, List<Positive>> bySlot = new LinkedHashMap<>();

  /** The slots of one layer. */
  static Slots of(int layer, List<Positive> positives) {
    Slots slots = new Slots();
    for (Positive positive : positives) {
      if (positive.layer() == layer) {
        slots.bySlot.computeIfAbsent(positive.slot(), s -> new ArrayList<>()).add(positive);
      }
    }
    return slots;
  }

  Iterable<Integer> all() {
    return bySlot.keySet();
  }

  boolean contains(int slot) {
    return bySlot.containsKey(slot);
  }

  List<Positive> on(int slot) {
    return bySlot.get(slot);
  }

  boolean isLast(Positive positive) {
    return bySlot.get(positive.slot()).getLast() == positive;
  }

  /** The classes of all targets on a slot. */
  BitSet classes(int slot) {
    BitSet classes = new BitSet();
    on(slot).forEach(p -> classes.set(p.category()));
    return classes;
  }

  int size() {
    return bySlot.size();
  }
}
