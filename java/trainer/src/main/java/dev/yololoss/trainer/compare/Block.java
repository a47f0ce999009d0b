package dev.yololoss.trainer.compare;

import java.util.List;

/** A piece of the report, whatever it is written as. */
sealed interface Block {
  /** 1 for the page's own, 2 for sections. */
  record Heading(int level, String text) implements Block {}

  record Paragraph(String text) implements Block {}

  record Items(List<String> texts) implements Block {
    public Items {
      texts = List.copyOf(texts);
    }
  }

  /** The first column holds names, the others numbers. */
  record Table(List<String> header, List<List<String>> rows) implements Block {
    public Table {
      header = List.copyOf(header);
      rows = rows.stream().map(List::copyOf).toList();
    }
  }

  /**
   * A picture.
   *
   * @param file its name in the folder of figures
   * @param wide whether it has text that must not shrink to the width of a phone
   */
  record Figure(String file, String caption, byte[] bytes, boolean wide) implements Block {
    String mediaType() {
      return file.endsWith(".png") ? "image/png" : "image/jpeg";
    }
  }

  /** Something to be typed. */
  record Code(String text) implements Block {}
}
