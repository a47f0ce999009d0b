package dev.yololoss.trainer.audit;

import dev.yololoss.trainer.data.DataException;
import dev.yololoss.trainer.data.LabelledImage;
import dev.yololoss.trainer.evaluate.Detection;
import dev.yololoss.trainer.evaluate.TruthBox;
import dev.yololoss.trainer.files.AtomicFile;
import dev.yololoss.trainer.report.Picture;
import dev.yololoss.trainer.report.PictureSheet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Tables and picture sheets of an audit. */
final class AuditFolder {
  private static final int MOST_SHEETS = 2;

  private final Path folder;
  private final List<String> classes;
  private final List<Path> written = new ArrayList<>();

  private AuditFolder(Path folder, List<String> classes) {
    this.folder = folder;
    this.classes = classes;
  }

  /**
   * Makes the folder.
   *
   * @throws DataException if it holds something already, or cannot be made
   */
  static AuditFolder create(Path folder, List<String> classes) {
    try {
      if (Files.exists(folder)) {
        try (Stream<Path> entries = Files.list(folder)) {
          if (entries.findAny().isPresent()) {
            throw new DataException("--out " + folder + ": is not empty; name another folder");
          }
        }
      }
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new DataException("--out " + folder + ": cannot be written: " + e, e);
    }
    return new AuditFolder(folder, classes);
  }

  /**
   * Writes everything.
   *
   * @return the files
   */
  List<Path> write(Findings findings) {
    try {
      table("images.csv", imageRows(findings));
      table("labels.csv", labelRows(findings));
      table("missing-labels.csv", missingRows(findings));
      sheets(
          "worst-labels",
          findings.labels().stream()
              .filter(LabelFinding::isMatched)
              .map(label -> picture(label, findings.found().get(label.image().name())))
              .limit((long) MOST_SHEETS * PictureSheet.MOST_PICTURES)
              .toList());
      sheets(
          "missing-labels",
          findings.missing().stream()
              .map(AuditFolder::picture)
              .limit((long) MOST_SHEETS * PictureSheet.MOST_PICTURES)
              .toList());
    } catch (IOException e) {
      throw new DataException("--out " + folder + ": cannot be written: " + e, e);
    }
    return List.copyOf(written);
  }

  private static List<String> imageRows(Findings findings) {
    List<String> rows = new ArrayList<>();
    rows.add("image,loss,box,objectness,classification,labels,unmatched,missing");
    for (ImageFinding f : findings.images()) {
      rows.add(
          row(
              f.image().name(),
              f.loss().total(),
              f.loss().box(),
              f.loss().objectness(),
              f.loss().classification(),
              f.labels(),
              f.unmatched(),
              f.missing()));
    }
    return rows;
  }

  private List<String> labelRows(Findings findings) {
    List<String> rows = new ArrayList<>();
    rows.add(
        "image,label,class,left,top,right,bottom,matches,replaced,loss,box,objectness,classification,"
            + "iou,nearest_class,nearest_score,nearest_iou");
    for (LabelFinding f : findings.labels()) {
      TruthBox box = f.box();
      rows.add(
          row(
              f.image().name(),
              f.row(),
              classes.get(box.category()),
              box.left(),
              box.top(),
              box.right(),
              box.bottom(),
              f.matches(),
              f.replaced(),
              f.loss(),
              f.boxLoss(),
              f.objectnessLoss(),
              f.classLoss(),
              f.iou(),
              f.nearest().map(d -> classes.get(d.category())).orElse(""),
              f.nearest().map(Detection::score).orElse(Double.NaN),
              f.nearest().map(d -> d.iou(box)).orElse(Double.NaN)));
    }
    return rows;
  }

  private List<String> missingRows(Findings findings) {
    List<String> rows = new ArrayList<>();
    rows.add("image,class,score,left,top,right,bottom,kind,label_iou");
    for (MissingLabel f : findings.missing()) {
      Detection d = f.detection();
      rows.add(
          row(
              f.image().name(),
              classes.get(d.category()),
              d.score(),
              d.left(),
              d.top(),
              d.right(),
              d.bottom(),
              f.kind().words(),
              f.iou()));
    }
    return rows;
  }

  /** Text with a comma or a quote is quoted; a number that is none is an empty cell. */
  private static String row(Object... cells) {
    return Stream.of(cells).map(AuditFolder::cell).collect(Collectors.joining(","));
  }

  private static String cell(Object value) {
    if (value instanceof Double number) {
      return number.isNaN() ? "" : String.format(Locale.ROOT, "%.6g", number);
    }
    String text = value.toString();
    boolean plain = text.chars().noneMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r');
    return plain ? text : '"' + text.replace("\"", "\"\"") + '"';
  }

  private void table(String name, List<String> rows) throws IOException {
    written.add(AtomicFile.write(folder.resolve(name), String.join("\n", rows) + "\n"));
  }

  /** The label alone, with what was found there. */
  private Picture picture(LabelFinding label, List<Detection> found) {
    String caption =
        String.format(
            Locale.ROOT,
            "%s  %s  %.3g",
            label.image().name(),
            classes.get(label.box().category()),
            label.loss());
    List<Detection> there =
        found.stream().filter(detection -> detection.iou(label.box()) > 0).toList();
    return picture(label.image(), caption, there, List.of(label.box()));
  }

  /** The prediction alone, with whatever is labelled. */
  private static Picture picture(MissingLabel missing) {
    LabelledImage image = missing.image();
    List<TruthBox> labels =
        image.boxes().stream()
            .map(
                box ->
                    new TruthBox(
                        box.category(),
                        box.left() * image.width(),
                        box.top() * image.height(),
                        box.right() * image.width(),
                        box.bottom() * image.height(),
                        box.ignored()))
            .toList();
    String caption = image.name() + "  " + missing.kind().words();
    return picture(image, caption, List.of(missing.detection()), labels);
  }

  private static Picture picture(
      LabelledImage image, String caption, List<Detection> found, List<TruthBox> labels) {
    return new Picture(image.source().decode().toBufferedImage(), caption, found, labels);
  }

  private void sheets(String name, List<Picture> pictures) throws IOException {
    for (int first = 0, sheet = 1; first < pictures.size(); sheet++) {
      int end = Math.min(pictures.size(), first + PictureSheet.MOST_PICTURES);
      Path file = folder.resolve(name + "-" + sheet + ".png");
      written.add(new PictureSheet(classes).write(file, pictures.subList(first, end)));
      first = end;
    }
  }
}
