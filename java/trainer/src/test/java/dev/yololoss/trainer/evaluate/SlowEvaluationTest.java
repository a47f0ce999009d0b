package dev.yololoss.trainer.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.yololoss.trainer.evaluate.SlowEvaluation.Fault;
import dev.yololoss.trainer.evaluate.SlowEvaluation.Scene;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The two evaluations agree on random sets, and the comparison sees each planted fault. */
class SlowEvaluationTest {
  private static final int CATEGORIES = 5;
  private static final int SETS = 25;
  private static final long SEED = Long.getLong("seed", 7_411L);
  private static final double ROUNDING = 1e-12;

  @Test
  void bothEvaluationsAgree() {
    System.out.println("seed " + SEED);
    for (int set = 0; set < SETS; set++) {
      assertThat(differences(scenes(SEED + set), Fault.NONE)).as("set %d", set).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void aPlantedFaultIsSeen(Fault fault) {
    int seen = 0;
    for (int set = 0; set < SETS; set++) {
      seen += differences(scenes(SEED + set), fault).isEmpty() ? 0 : 1;
    }
    System.out.println("seed " + SEED + ": " + fault + " seen in " + seen + " of " + SETS);
    assertThat(seen).isPositive();
  }

  @Test
  void theSetsHoldWhatTheyAreMeantToHold() {
    boolean emptyImage = false;
    boolean missingClass = false;
    boolean tie = false;
    boolean crowded = false;
    for (int set = 0; set < SETS; set++) {
      List<Scene> scenes = scenes(SEED + set);
      for (Scene scene : scenes) {
        emptyImage |= scene.truths().isEmpty() && scene.detections().isEmpty();
        tie |=
            scene.detections().stream().mapToDouble(Detection::score).distinct().count()
                < scene.detections().size();
        crowded |= scene.detections().size() > MeanAveragePrecision.DETECTIONS_PER_IMAGE;
      }
      missingClass |=
          evaluate(scenes).categories().stream().anyMatch(category -> category.truths() == 0);
    }
    assertThat(List.of(emptyImage, missingClass, tie, crowded)).containsOnly(true);
  }

  private static AveragePrecision evaluate(List<Scene> scenes) {
    MeanAveragePrecision evaluation = new MeanAveragePrecision(CATEGORIES);
    scenes.forEach(scene -> evaluation.add(scene.detections(), scene.truths()));
    return evaluation.result();
  }

  /** Each per-class number on which the two evaluations differ, in words. */
  private static List<String> differences(List<Scene> scenes, Fault fault) {
    SlowEvaluation slow = new SlowEvaluation(scenes, fault);
    List<String> differences = new ArrayList<>();
    for (CategoryPrecision fast : evaluate(scenes).categories()) {
      int category = fast.category();
      compare(differences, category, "at50", fast.at50(), slow.average(category, 50, 101));
      compare(differences, category, "voc07", fast.voc07(), slow.average(category, 50, 11));
      compare(differences, category, "voc10", fast.voc10(), slow.area(category, 50));
      compare(
          differences, category, "at50To95", fast.at50To95(), slow.averageOverThresholds(category));
    }
    return differences;
  }

  private static void compare(
      List<String> differences, int category, String name, double fast, double slow) {
    boolean same =
        Double.isNaN(fast) || Double.isNaN(slow)
            ? Double.isNaN(fast) && Double.isNaN(slow)
            : Math.abs(fast - slow) <= ROUNDING;
    if (!same) {
      differences.add("class %d %s: %s and %s".formatted(category, name, fast, slow));
    }
  }

  /** Whole-pixel boxes, few scores (ties), empty images, ignored boxes, one class rarely there. */
  private static List<Scene> scenes(long seed) {
    Random random = new Random(seed);
    List<Scene> scenes = new ArrayList<>();
    for (int image = 0; image < 12; image++) {
      scenes.add(
          random.nextInt(6) == 0 ? new Scene(List.of(), List.of()) : scene(random, image == 7));
    }
    return scenes;
  }

  private static Scene scene(Random random, boolean crowded) {
    List<TruthBox> truths = new ArrayList<>();
    List<Detection> detections = new ArrayList<>();
    int count = random.nextInt(11);
    for (int i = 0; i < count; i++) {
      int left = random.nextInt(24);
      int top = random.nextInt(24);
      TruthBox truth =
          new TruthBox(
              category(random),
              left,
              top,
              left + random.nextInt(8, 16),
              top + random.nextInt(8, 16),
              random.nextInt(5) == 0);
      // The slow evaluation tells truths apart by their value, so no two may be equal.
      if (!truths.contains(truth)) {
        truths.add(truth);
      }
    }
    for (int i = 0; i < (crowded ? 130 : 15); i++) {
      detections.add(
          truths.isEmpty() || random.nextInt(4) == 0
              ? anywhere(random)
              : near(random, truths.get(random.nextInt(truths.size()))));
    }
    return new Scene(detections, truths);
  }

  private static Detection near(Random random, TruthBox truth) {
    return new Detection(
        random.nextInt(8) == 0 ? category(random) : truth.category(),
        score(random),
        truth.left() + random.nextInt(-2, 3),
        truth.top() + random.nextInt(-2, 3),
        truth.right() + random.nextInt(-2, 3),
        truth.bottom() + random.nextInt(-2, 3));
  }

  private static Detection anywhere(Random random) {
    int left = random.nextInt(30);
    int top = random.nextInt(30);
    return new Detection(category(random), score(random), left, top, left + 10, top + 10);
  }

  private static int category(Random random) {
    return random.nextInt(60) == 0 ? CATEGORIES - 1 : random.nextInt(CATEGORIES - 1);
  }

  private static double score(Random random) {
    return random.nextInt(1, 21) / 20.0;
  }
}
