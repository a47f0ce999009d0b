package dev.yololoss.trainer.compare;

import dev.yololoss.trainer.data.DetectionDataSet;
import dev.yololoss.trainer.files.AtomicFile;
import dev.yololoss.trainer.optimize.ScheduleOptions;
import dev.yololoss.trainer.train.TrainingOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Stream;

/** {@code report.html}, its twin {@code report.md}, and {@code figures}. */
record Report(
    Plan plan,
    DetectionDataSet data,
    String network,
    ComparisonFolder folder,
    List<Standing> standings) {
  private static final String FIGURES = "figures";

  /** Whether there is a result for every planned run. */
  boolean complete() {
    return standings.stream().allMatch(s -> s.finals().size() == plan.seeds());
  }

  /** Writes what there is so far. */
  List<Path> write() {
    try {
      List<Block> blocks = blocks();
      Path figures = Files.createDirectories(folder.path().resolve(FIGURES));
      for (Block block : blocks) {
        if (block instanceof Block.Figure figure) {
          AtomicFile.write(figures.resolve(figure.file()), figure.bytes());
        }
      }
      Path html = folder.path().resolve("report.html");
      Path markdown = folder.path().resolve("report.md");
      AtomicFile.write(html, HtmlPage.of(plan.question().title(), blocks));
      AtomicFile.write(markdown, MarkdownPage.of(blocks, FIGURES));
      return List.of(html, markdown);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private List<Block> blocks() throws IOException {
    List<Block> blocks = new ArrayList<>();
    blocks.add(new Block.Heading(1, plan.question().title()));
    if (!complete()) {
      blocks.add(new Block.Paragraph("Not finished: some runs are missing."));
    }
    if (!plan.question().claims().isEmpty()) {
      blocks.add(new Block.Paragraph("What others found:"));
      blocks.add(new Block.Items(plan.question().claims()));
    }
    blocks.add(new Block.Heading(2, "Result"));
    blocks.add(results());
    blocks.add(
        new Block.Paragraph(
            "Mean ± standard deviation over "
                + plan.seeds()
                + " seeds, on the validation images after the last epoch. Differences of the size"
                + " of the deviations say nothing. Runs that diverged are counted and not"
                + " averaged. Times are of training steps; the loss's share includes its"
                + " gradient."));
    blocks.add(new Block.Heading(2, "Classes, AP@.5"));
    blocks.add(classes());
    blocks.add(new Block.Heading(2, "Learning rates"));
    blocks.add(new Block.Paragraph(ratesInWords()));
    blocks.add(rates());
    blocks.add(new Block.Heading(2, "Curves"));
    blocks.addAll(Figures.of(standings));
    blocks.add(new Block.Heading(2, "Pictures"));
    blocks.add(
        new Block.Paragraph(
            "The same validation images, with what each loss's network of the first seed finds."));
    blocks.addAll(pictures());
    blocks.add(new Block.Heading(2, "How"));
    blocks.add(new Block.Items(how()));
    if (!folder.command().isEmpty()) {
      blocks.add(new Block.Code(folder.command()));
    }
    return blocks;
  }

  private Block.Table results() {
    List<String> header =
        List.of(
            "loss",
            "rate",
            "mAP@.5",
            "mAP@.5:.95",
            "VOC07",
            "ms per step",
            "loss's share",
            "seeds");
    return new Block.Table(header, standings.stream().map(this::result).toList());
  }

  private List<String> result(Standing s) {
    double batch = plan.base().input().batch();
    Standing.Spread step = s.over(r -> 1000 * batch * r.time().secondsPerImage());
    Standing.Spread share = s.over(r -> 100 * r.time().lossShare());
    return List.of(
        s.contender().name(),
        s.rate().isPresent() ? String.valueOf(s.rate().getAsDouble()) : "–",
        s.over(r -> r.precision().map50()).inWords(),
        s.over(r -> r.precision().map50To95()).inWords(),
        s.over(r -> r.precision().voc07()).inWords(),
        step.count() == 0 ? "–" : String.format(Locale.ROOT, "%.1f", step.mean()),
        share.count() == 0 ? "–" : String.format(Locale.ROOT, "%.1f %%", share.mean()),
        seeds(s));
  }

  private String seeds(Standing s) {
    String done = s.finals().size() + " of " + plan.seeds();
    return s.diverged() == 0 ? done : done + ", " + s.diverged() + " diverged";
  }

  private Block.Table classes() {
    List<String> header = new ArrayList<>(List.of("loss"));
    header.addAll(data.classes());
    List<List<String>> rows = new ArrayList<>();
    for (Standing standing : standings) {
      List<String> row = new ArrayList<>(List.of(standing.contender().name()));
      for (int category = 0; category < data.classes().size(); category++) {
        int wanted = category;
        Function<RunResult, Double> ap = r -> r.precision().classes().get(wanted).ap50();
        boolean known = standing.good().stream().map(ap).allMatch(Objects::nonNull);
        row.add(known ? standing.over(ap::apply).inWords() : "–");
      }
      rows.add(row);
    }
    return new Block.Table(header, rows);
  }

  private String ratesInWords() {
    if (plan.trials().isEmpty()) {
      return "Given, and not tried.";
    }
    return "The losses' gradients differ by orders of magnitude, so that one rate for all would"
        + " decide the ranking. Each was tried at these rates, in "
        + plan.rateEpochs()
        + " epochs with the first seed; the one of the highest mAP@.5 was taken. Where that is the"
        + " lowest or the highest, a rate beyond might be better still.";
  }

  private Block.Table rates() {
    List<String> header = new ArrayList<>(List.of("loss"));
    plan.rates().forEach(rate -> header.add(String.valueOf(rate)));
    header.add("taken");
    List<List<String>> rows = new ArrayList<>();
    for (Standing standing : standings) {
      List<String> row = new ArrayList<>(List.of(standing.contender().name()));
      for (double rate : plan.rates()) {
        row.add(
            standing.tried().stream()
                .filter(r -> r.rate() == rate)
                .map(Report::tried)
                .findFirst()
                .orElse("–"));
      }
      row.add(taken(standing));
      rows.add(row);
    }
    return new Block.Table(header, rows);
  }

  private static String tried(RunResult result) {
    return result.finished() ? String.format(Locale.ROOT, "%.3f", result.map50()) : "diverged";
  }

  private String taken(Standing standing) {
    if (standing.rate().isEmpty()) {
      return "–";
    }
    double rate = standing.rate().getAsDouble();
    boolean edge =
        !standing.tried().isEmpty()
            && (rate == plan.rates().getFirst() || rate == plan.rates().getLast());
    return rate + (standing.tried().isEmpty() ? ", given" : edge ? ", at the edge" : "");
  }

  private List<Block.Figure> pictures() {
    List<Block.Figure> figures = new ArrayList<>();
    for (Standing standing : standings) {
      if (standing.rate().isPresent()) {
        PlannedRun first =
            plan.finals(standing.contender(), standing.rate().getAsDouble()).getFirst();
        folder
            .picture(first)
            .ifPresent(
                jpeg ->
                    figures.add(
                        new Block.Figure(
                            "pictures-" + standing.contender().name() + ".jpg",
                            standing.contender().name(),
                            jpeg,
                            false)));
      }
    }
    return figures;
  }

  private List<String> how() {
    TrainingOptions base = plan.base();
    ScheduleOptions schedule = base.schedule();
    return List.of(
        "Data: %s, %d images to train, %d to validate, %d boxes of %d classes"
            .formatted(
                data.name(),
                data.training().size(),
                data.validation().size(),
                Stream.of(data.training(), data.validation())
                    .flatMap(List::stream)
                    .mapToInt(image -> image.boxes().size())
                    .sum(),
                data.classes().size()),
        "Network: %s; the same first parameters for all losses of one seed, and the same batches"
            .formatted(network),
        "Training: %d epochs at %d pixels, batch %d, %s, learning rate by %s, head type %s, loss on %s, unless a loss's name says otherwise"
            .formatted(
                base.epochs(),
                base.input().size(),
                base.input().batch(),
                base.optimizer().kind().name().toLowerCase(Locale.ROOT),
                schedule.kind().name().toLowerCase(Locale.ROOT),
                base.network().headType().name().toLowerCase(Locale.ROOT),
                base.backend()),
        "Machine: " + Machine.inWords(),
        "Date: " + LocalDate.now(),
        "Plan and numbers: plan.json and results, beside this page");
  }
}
