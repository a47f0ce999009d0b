package dev.yololoss.trainer.evaluate;

import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Mean average precision, gathered image by image.
 *
 * <p>The rules, which are COCO's except where it says so:
 *
 * <ul>
 *   <li>Of one image the 100 surest detections count, over all classes together (COCO's reference
 *       code takes 100 of each class; with at most 100 detections per image the two agree).
 *   <li>Matching runs per image, class and IoU threshold. Detections choose in the order of their
 *       score; each takes the truth of highest IoU, at or above the threshold, that no surer
 *       detection took. At equal IoU the truth added later is taken.
 *   <li>A detection that finds no such truth but overlaps an ignored one at or above the threshold
 *       counts neither for nor against. An ignored truth may excuse any number of detections. Its
 *       overlap is the ordinary IoU, not COCO's share of the detection inside a crowd.
 *   <li>Every other detection is a false alarm, a second one on the same truth included.
 *   <li>Detections of equal score keep the order in which they were added.
 *   <li>Average precision is the mean of the highest precision at recall r or more, at r = 0, 0.01,
 *       ... 1; a recall never reached counts 0. A recall that equals r reaches it (COCO's reference
 *       code compares rounded doubles and at times misses one, which moves the mean by up to a few
 *       ten-thousandths).
 *   <li>A class without truths (ignored ones do not count) has NaN for its averages and is left out
 *       of the means.
 * </ul>
 *
 * <p>The two VOC averages use the same matching at IoU 0.5 and differ in how the curve is averaged:
 * 11 recalls for 2007, the whole area for 2010. The VOC development kit lets a detection look at
 * its best truth only, taken or not; the numbers differ only where truths of one class overlap each
 * other.
 *
 * <p>Not safe for use by several threads at once.
 */
public final class MeanAveragePrecision {
  /** How many detections of one image count. */
  public static final int DETECTIONS_PER_IMAGE = 100;

  private final List<CategoryTally> tallies;
  private int images;
  private int beyondLimit;

  /**
   * @param categories how many classes there are
   * @throws IllegalArgumentException if there is not one
   */
  public MeanAveragePrecision(int categories) {
    if (categories < 1) {
      throw new IllegalArgumentException(categories + " categories: must be 1 or more");
    }
    tallies = Stream.generate(CategoryTally::new).limit(categories).toList();
  }

  /**
   * Adds one image; both lists may be empty.
   *
   * @throws IllegalArgumentException if a detection holds NaN or infinity, or a category is not
   *     below the number of classes; nothing is added then
   */
  public void add(List<Detection> detections, List<TruthBox> truths) {
    detections.forEach(this::check);
    truths.forEach(truth -> checkCategory(truth.category()));
    List<Detection> ranked =
        detections.stream()
            .sorted(Comparator.comparingDouble(Detection::score).reversed())
            .limit(DETECTIONS_PER_IMAGE)
            .toList();
    for (int category = 0; category < tallies.size(); category++) {
      int wanted = category;
      tallies
          .get(category)
          .add(
              ranked.stream().filter(d -> d.category() == wanted).toList(),
              truths.stream().filter(t -> t.category() == wanted).toList());
    }
    images++;
    beyondLimit += detections.size() - ranked.size();
  }

  /** The averages over the images added so far; more may be added afterwards. */
  public AveragePrecision result() {
    return new AveragePrecision(
        IntStream.range(0, tallies.size()).mapToObj(c -> tallies.get(c).precision(c)).toList(),
        images,
        beyondLimit);
  }

  /** Precision over recall at IoU 0.5 of the images added so far. */
  public PrecisionCurves curves() {
    return new PrecisionCurves(tallies.stream().map(CategoryTally::curve50).toList());
  }

  private void check(Detection detection) {
    if (!detection.isFinite()) {
      throw new IllegalArgumentException("not a number in " + detection);
    }
    checkCategory(detection.category());
  }

  private void checkCategory(int category) {
    if (category >= tallies.size()) {
      throw new IllegalArgumentException(
          "category " + category + ": there are " + tallies.size() + " categories");
    }
  }
}
