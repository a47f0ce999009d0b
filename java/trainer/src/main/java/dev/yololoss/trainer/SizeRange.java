package dev.yololoss.trainer;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Sides of the network's input: {@code 416}, or {@code 320:608:32} for 320, 352, ... 608. */
record SizeRange(List<Integer> sizes) {
  private static final int LARGEST = 8192;

  /** For picocli. */
  static final class Converter implements ITypeConverter<SizeRange> {
    private static final Pattern FORM = Pattern.compile("(\\d{1,5})(?::(\\d{1,5}):(\\d{1,5}))?");

    @Override
    public SizeRange convert(String text) {
      Matcher matcher = FORM.matcher(text);
      if (!matcher.matches()) {
        throw new TypeConversionException(
            "'" + text + "' is no range of sizes; must be like 416 or 320:608:32");
      }
      int from = Integer.parseInt(matcher.group(1));
      int to = matcher.group(2) == null ? from : Integer.parseInt(matcher.group(2));
      int step = matcher.group(3) == null ? 1 : Integer.parseInt(matcher.group(3));
      if (from < 1 || to < from || to > LARGEST || step < 1) {
        throw new TypeConversionException(
            "'"
                + text
                + "' is no range of sizes; must be FROM:TO:STEP with 1 <= FROM <= TO <= "
                + LARGEST
                + " and STEP at least 1");
      }
      return new SizeRange(
          IntStream.iterate(from, size -> size <= to, size -> size + step).boxed().toList());
    }
  }
}
