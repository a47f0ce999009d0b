package dev.yololoss.trainer.compare;

import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;

/** The report as one page that holds everything and asks nobody for more. */
final class HtmlPage {
  // The policy makes the browser itself refuse whatever would leave the page.
  private static final String HEAD =
      """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>%s</title>
      <style>
      body { margin: 0 auto; max-width: 62rem; padding: 0 1rem 3rem; color: #30343b; background: #fff; font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: break-word; }
      h1 { font-size: 1.6rem; line-height: 1.25; }
      h2 { font-size: 1.25rem; margin-top: 2.2rem; }
      .wide { overflow-x: auto; }
      table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
      th, td { padding: .35rem .8rem; text-align: right; white-space: nowrap; border-bottom: 1px solid #e3e6ea; }
      th:first-child, td:first-child { text-align: left; padding-left: 0; }
      th { color: #5b6470; font-weight: 600; }
      figure { margin: 1.5rem 0; }
      img { max-width: 100%%; height: auto; display: block; }
      .wide img { max-width: none; width: 100%%; min-width: 34rem; }
      figcaption { color: #5b6470; font-size: .9rem; margin-top: .4rem; }
      pre { background: #f5f6f8; padding: .8rem; overflow-x: auto; }
      </style>
      </head>
      <body>
      """;

  private HtmlPage() {}

  static String of(String title, List<Block> blocks) {
    return blocks.stream()
        .map(HtmlPage::of)
        .collect(Collectors.joining("\n", HEAD.formatted(escaped(title)), "\n</body>\n</html>\n"));
  }

  private static String of(Block block) {
    return switch (block) {
      case Block.Heading(int level, String text) ->
          "<h" + level + ">" + escaped(text) + "</h" + level + ">";
      case Block.Paragraph(String text) -> "<p>" + escaped(text) + "</p>";
      case Block.Items(List<String> texts) ->
          texts.stream()
              .map(t -> "<li>" + escaped(t) + "</li>")
              .collect(Collectors.joining("\n", "<ul>\n", "\n</ul>"));
      case Block.Code(String text) -> "<pre>" + escaped(text) + "</pre>";
      case Block.Figure figure -> figure(figure);
      case Block.Table(List<String> header, List<List<String>> rows) ->
          "<div class=\"wide\" tabindex=\"0\"><table>\n<thead>"
              + row(header, "th")
              + "</thead>\n<tbody>\n"
              + rows.stream().map(r -> row(r, "td")).collect(Collectors.joining("\n"))
              + "\n</tbody></table></div>";
    };
  }

  private static String figure(Block.Figure figure) {
    String image =
        "<img alt=\"%s\" src=\"data:%s;base64,%s\">"
            .formatted(
                escaped(figure.caption()),
                figure.mediaType(),
                Base64.getEncoder().encodeToString(figure.bytes()));
    String held = figure.wide() ? "<div class=\"wide\" tabindex=\"0\">" + image + "</div>" : image;
    return "<figure>"
        + held
        + "<figcaption>"
        + escaped(figure.caption())
        + "</figcaption></figure>";
  }

  private static String row(List<String> cells, String tag) {
    return cells.stream()
        .map(cell -> "<%s>%s</%s>".formatted(tag, escaped(cell), tag))
        .collect(Collectors.joining("", "<tr>", "</tr>"));
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
