package dev.yololoss.trainer.data;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/** Which items train, which validate, and which are kept out of both. */
record Split<T>(List<T> training, List<T> validation, List<T> heldOut) {
  private static final double VALIDATION_SHARE = 0.2;

  /** One in five validates, drawn by the seed; of two or more items at least one does. */
  static <T> Split<T> seeded(List<T> items, List<T> heldOut, long seed) {
    int validation =
        items.size() < 2 ? 0 : Math.max(1, (int) Math.round(items.size() * VALIDATION_SHARE));
    boolean[] validates = new boolean[items.size()];
    int[] order = RandomStreams.permutation(items.size(), RandomStreams.of(seed, 0, 0));
    for (int i = 0; i < validation; i++) {
      validates[order[i]] = true;
    }
    List<T> train = new ArrayList<>();
    List<T> validate = new ArrayList<>();
    for (int i = 0; i < validates.length; i++) {
      (validates[i] ? validate : train).add(items.get(i));
    }
    return new Split<>(train, validate, heldOut);
  }

  static String note(long seed, String why) {
    return "4 of 5 images train, 1 of 5 validates, drawn by seed " + seed + ": " + why;
  }

  Stream<T> trainingAndValidation() {
    return Stream.concat(training.stream(), validation.stream());
  }

  Stream<T> all() {
    return Stream.concat(trainingAndValidation(), heldOut.stream());
  }

  <R> Split<R> mapEach(Function<T, Stream<R>> step) {
    return new Split<>(
        training.stream().flatMap(step).toList(),
        validation.stream().flatMap(step).toList(),
        heldOut.stream().flatMap(step).toList());
  }
}
