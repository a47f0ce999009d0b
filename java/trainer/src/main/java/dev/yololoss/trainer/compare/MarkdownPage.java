package dev.yololoss.trainer.compare;

import java.util.List;
import java.util.stream.Collectors;

/** The report as Markdown; figures are files beside it. */
final class MarkdownPage {
  private MarkdownPage() {}

  /**
   * @param figures folder of the figures, as seen from the page
   */
  static String of(List<Block> blocks, String figures) {
    return blocks.stream()
        .map(block -> of(block, figures))
        .collect(Collectors.joining("\n\n", "", "\n"));
  }

  private static String of(Block block, String figures) {
    return switch (block) {
      case Block.Heading(int level, String text) -> "#".repeat(level) + " " + escaped(text);
      case Block.Paragraph(String text) -> escaped(text);
      case Block.Items(List<String> texts) ->
          texts.stream().map(t -> "- " + escaped(t)).collect(Collectors.joining("\n"));
      case Block.Code(String text) -> "```\n" + text + "\n```";
      case Block.Figure figure ->
          "![%s](%s/%s)".formatted(escaped(figure.caption()), figures, figure.file());
      case Block.Table(List<String> header, List<List<String>> rows) ->
          row(header)
              + "\n|---"
              + "|---:".repeat(header.size() - 1)
              + "|\n"
              + rows.stream().map(MarkdownPage::row).collect(Collectors.joining("\n"));
    };
  }

  private static String row(List<String> cells) {
    return cells.stream().map(MarkdownPage::escaped).collect(Collectors.joining(" | ", "| ", " |"));
  }

  private static String escaped(String text) {
    return text.replace("\\", "\\\\")
        .replace("|", "\\|")
        .replace("<", "&lt;")
        .replace("*", "\\*")
        .replace("_", "\\_")
        .replace("[", "\\[");
  }
}
