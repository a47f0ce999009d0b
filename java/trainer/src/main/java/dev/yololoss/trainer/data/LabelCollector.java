package dev.yololoss.trainer.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Turns what label files state into labelled images, and keeps the books: nothing is lost. */
final class LabelCollector {
  private final Path folder;
  private final ImageCheck check;
  private final List<LabelProblem> problems = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();
  private int images;
  private int skippedImages;
  private int boxes;
  private int skipped;

  LabelCollector(Path folder, ImageCheck check) {
    this.folder = folder;
    this.check = check;
  }

  void note(String note) {
    notes.add(note);
  }

  /** A problem that costs neither an image nor a box. */
  void problem(Path file, int line, String what) {
    problems.add(new LabelProblem(relative(file), line, 0, what));
  }

  /** An image that cannot be used, and with it all that is stated about it. */
  void skipImage(Path file, int line, String what, List<StatedObject> objects) {
    images++;
    skippedImages++;
    skipObjects(file, line, what, objects);
  }

  /** Objects that belong to no image. */
  void skipObjects(Path file, int line, String what, List<StatedObject> objects) {
    boxes += objects.size();
    skipped += objects.size();
    problem(file, line, what);
  }

  /** One object that cannot be used. */
  void skipObject(Path file, int line, int object, String what) {
    boxes++;
    skipped++;
    problems.add(new LabelProblem(relative(file), line, object, "object " + object + what));
  }

  /** The labelled image, unless the image or the label file as a whole is unusable. */
  Optional<LabelledImage> image(
      String name, Path imagePath, LabelFile labels, Categories categories) {
    if (labels.fault().isPresent()) {
      BadLabelException fault = labels.fault().get();
      skipImage(labels.path(), fault.line(), fault.getMessage(), labels.objects());
      return Optional.empty();
    }
    var file = new ImageFile(imagePath);
    ImageFile.Size size;
    try {
      size = check.size(file);
    } catch (DataException e) {
      String what = e.getMessage().substring((imagePath + ": ").length());
      skipImage(imagePath, 0, what, labels.objects());
      return Optional.empty();
    }
    if (labels.statedSize().isPresent() && !labels.statedSize().get().size().equals(size)) {
      LabelFile.StatedSize stated = labels.statedSize().get();
      String what = "labelled as %s, but the image %s is %s";
      skipImage(
          labels.path(),
          stated.line(),
          what.formatted(stated.size(), relative(imagePath), size),
          labels.objects());
      return Optional.empty();
    }
    images++;
    List<LabelledBox> usable = new ArrayList<>();
    for (StatedObject object : labels.objects()) {
      box(labels.path(), object, size, categories).ifPresent(usable::add);
    }
    return Optional.of(new LabelledImage(name, file, size.width(), size.height(), usable));
  }

  private Optional<LabelledBox> box(
      Path path, StatedObject object, ImageFile.Size size, Categories categories) {
    switch (object) {
      case StatedObject.Unreadable unreadable ->
          skipObject(path, object.line(), object.object(), ": " + unreadable.what());
      case StatedObject.Box box -> {
        Integer category = categories.indexByLabel().get(box.label());
        if (category == null) {
          String what = ": class %s; %s".formatted(box.label(), categories.allowed());
          skipObject(path, box.labelLine(), box.object(), what);
          return Optional.empty();
        }
        String fault = box.geometry().fault(size);
        if (fault.isEmpty()) {
          boxes++;
          return Optional.of(box.geometry().normalised(category, size, box.ignored()));
        }
        String what = " (%s): %s".formatted(categories.names().get(category), fault);
        skipObject(path, box.line(), box.object(), what);
      }
    }
    return Optional.empty();
  }

  DetectionDataSet dataSet(List<String> classes, Split<LabelledImage> split) {
    problems.sort(LabelProblem.BY_PLACE);
    var tally = LabelTally.of(classes, split);
    var report =
        new LabelReport(
            images,
            skippedImages,
            boxes,
            tally.used(),
            tally.ignored(),
            skipped,
            tally.usedByClass(),
            problems,
            notes);
    return new DetectionDataSet(
        folder.toAbsolutePath().normalize().getFileName().toString(),
        classes,
        split.training(),
        split.validation(),
        split.heldOut(),
        report);
  }

  Path relative(Path file) {
    return folder.relativize(file);
  }
}
