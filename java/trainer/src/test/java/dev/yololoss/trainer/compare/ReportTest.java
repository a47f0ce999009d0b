package dev.yololoss.trainer.compare;

import static org.assertj.core.api.Assertions.assertThat;

import dev.yololoss.trainer.files.AtomicFile;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportTest {
  @TempDir Path folder;

  private Plan plan;

  @BeforeEach
  void plan() {
    plan = SmallComparison.plan(SmallComparison.TWO_LOSSES, folder);
  }

  /** With pictures, and with one loss twice as good as the other. */
  static Report report(Plan plan, Path folder) throws IOException {
    ComparisonFolder files = ComparisonFolder.of(folder, plan.toJson(1), "compare --losses a,b");
    List<Standing> standings = new ArrayList<>();
    for (Contender contender : plan.question().contenders()) {
      double base = contender.name().equals("yolov5") ? 0.6 : 0.3;
      standings.add(
          new Standing(
              contender,
              List.of(
                  SmallComparison.result(contender.name(), 1, base),
                  SmallComparison.result(contender.name(), 1, base / 2)),
              OptionalDouble.of(0.003),
              List.of(
                  SmallComparison.result(contender.name(), 1, base),
                  SmallComparison.result(contender.name(), 2, base + 0.1))));
      byte[] jpeg = Jpeg.of(new BufferedImage(1256, 340, BufferedImage.TYPE_INT_RGB));
      AtomicFile.write(folder.resolve("results/" + contender.name() + "-seed-1.jpg"), jpeg);
    }
    return new Report(
        plan, SmallComparison.data().set(), "4 anchors at stride 16", files, standings);
  }

  @Test
  void thePageHoldsEverythingAndItsTwinSaysTheSame() throws IOException {
    assertThat(report(plan, folder).write())
        .containsExactly(folder.resolve("report.html"), folder.resolve("report.md"));
    String html = Files.readString(folder.resolve("report.html"));
    String markdown = Files.readString(folder.resolve("report.md"));
    for (String page : List.of(html, markdown)) {
      assertThat(page)
          .contains(
              "Which of two?",
              "0.650 ± 0.071",
              "0.350 ± 0.071",
              "2 of 2",
              "40.0",
              "2.0 %",
              "compare --losses a,b")
          .doesNotContain("Not finished");
    }
    assertThat(html).contains("the first is &lt; the second");
    assertThat(markdown).contains("the first is &lt; the second");
    // Nothing in the page is fetched from anywhere.
    assertThat(Pattern.compile("(src|href)=\"(?!data:image/)").matcher(html).find()).isFalse();
    assertThat(html).doesNotContain("http:", "https:", "<script", "url(", "@import");
    assertThat(Pattern.compile("<img ").matcher(html).results().count()).isEqualTo(9);
    var links = Pattern.compile("!\\[[^]]*\\]\\(([^)]*)\\)").matcher(markdown).results().toList();
    assertThat(links).hasSize(9);
    for (var link : links) {
      assertThat(ImageIO.read(folder.resolve(link.group(1)).toFile())).isNotNull();
    }
  }

  @Test
  void anUnfinishedComparisonSaysSo() throws IOException {
    Report whole = report(plan, folder);
    Standing first = whole.standings().getFirst();
    Standing second = whole.standings().getLast();
    List<Standing> partly =
        List.of(
            new Standing(
                first.contender(), first.tried(), first.rate(), first.finals().subList(0, 1)),
            new Standing(second.contender(), List.of(), OptionalDouble.empty(), List.of()));
    Report report = new Report(plan, whole.data(), whole.network(), whole.folder(), partly);
    assertThat(report.complete()).isFalse();
    report.write();
    assertThat(Files.readString(folder.resolve("report.md")))
        .contains("Not finished", "1 of 2", "0 of 2", "| yolov2 | – |");
  }
}
