package dev.yololoss.trainer.check;

import dev.yololoss.trainer.safetensors.SafetensorsWriter;
import java.util.List;
import java.util.Locale;

/**
 * What came of one case.
 *
 * @param preset as written in the file
 * @param total the loss; NaN for box pairs
 * @param output everything computed, ready to be written
 */
record CaseReport(
    String preset,
    String name,
    double total,
    boolean compared,
    Deviation totals,
    Deviation components,
    Deviation gradients,
    List<String> notes,
    SafetensorsWriter output) {
  boolean passes() {
    return totals.passes() && components.passes() && gradients.passes();
  }

  String line() {
    String result = compared ? (passes() ? "PASS" : "FAIL") : "COMPUTED";
    String deviations =
        compared
            ? String.format(
                Locale.ROOT,
                "total %.1e  components %.1e  gradient %.1e",
                totals.worst(),
                components.worst(),
                gradients.worst())
            : "no expected numbers in the file";
    StringBuilder line =
        new StringBuilder(
            String.format(
                Locale.ROOT,
                "%-14s %-32s %18.10g  %s  %s",
                preset,
                name,
                total,
                deviations,
                result));
    notes.forEach(note -> line.append(System.lineSeparator()).append("    ").append(note));
    return line.toString();
  }
}
