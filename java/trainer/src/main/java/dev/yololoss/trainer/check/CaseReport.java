package dev.yololoss.trainer.check;

import dev.yololoss.trainer.safetensors.SafetensorsWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/**
 * What came of one case.
 *
 * @param preset as written in the file
 * @param backend what computed it, and why that
 * @param total the loss; none for box pairs
 * @param output everything computed, ready to be written
 */
record CaseReport(
    String preset,
    String name,
    String backend,
    OptionalDouble total,
    Deviation totals,
    Deviation components,
    Deviation gradients,
    List<String> notes,
    SafetensorsWriter output) {
  boolean compared() {
    return totals.and(components).and(gradients).compared() > 0;
  }

  boolean passes() {
    return totals.passes() && components.passes() && gradients.passes();
  }

  String line() {
    List<String> lines = new ArrayList<>();
    lines.add(
        String.format(
            Locale.ROOT,
            "%-14s %-32s %18s  %s",
            preset,
            name,
            total.isPresent() ? String.format(Locale.ROOT, "%.10g", total.getAsDouble()) : "-",
            compared()
                ? String.format(
                    "total %-7s  components %-7s  gradient %-7s  %s",
                    worst(totals), worst(components), worst(gradients), passes() ? "PASS" : "FAIL")
                : "no expected numbers in the file  COMPUTED"));
    for (Deviation deviation : List.of(totals, components, gradients)) {
      if (!deviation.passes()) {
        lines.add("    " + deviation.firstMiss());
      }
    }
    notes.forEach(note -> lines.add("    " + note));
    return String.join(System.lineSeparator(), lines);
  }

  private static String worst(Deviation deviation) {
    return deviation.compared() == 0 ? "-" : String.format(Locale.ROOT, "%.1e", deviation.worst());
  }
}
