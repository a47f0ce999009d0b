package dev.yololoss.trainer.data;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** How many boxes of the images of a data set are used and ignored. */
record LabelTally(int used, int ignored, Map<String, Integer> usedByClass) {

  static LabelTally of(List<String> classes, Split<LabelledImage> split) {
    Map<String, Integer> usedByClass = new LinkedHashMap<>();
    classes.forEach(name -> usedByClass.put(name, 0));
    int used = 0;
    int ignored = 0;
    for (LabelledImage image : split.all().toList()) {
      for (LabelledBox box : image.boxes()) {
        if (box.ignored()) {
          ignored++;
        } else {
          used++;
          usedByClass.merge(classes.get(box.category()), 1, Integer::sum);
        }
      }
    }
    return new LabelTally(used, ignored, usedByClass);
  }
}
