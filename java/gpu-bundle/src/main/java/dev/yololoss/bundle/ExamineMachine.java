package dev.yololoss.bundle;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.yololoss.Backend;
import dev.yololoss.Doctor;
import dev.yololoss.EngineOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Looks at what the backends need, prints it, and writes it as JSON to the file that is named. What
 * CUDA needs on the first device decides about the exit status; the rest, such as another device or
 * the native library, is only told.
 */
final class ExamineMachine {
  private ExamineMachine() {}

  public static void main(String[] args) throws IOException {
    List<Doctor.Finding> findings = Doctor.examine();
    for (Doctor.Finding finding : findings) {
      System.out.printf(
          "%-16s %s %s%n", finding.subject(), finding.isGood() ? "OK" : "--", finding.words());
    }
    Files.writeString(
        Path.of(args[0]),
        new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(findings));
    List<String> reasons = Doctor.reasonsAgainst(EngineOptions.on(Backend.CUDA));
    reasons.forEach(reason -> System.out.println("CUDA cannot run: " + reason));
    System.exit(reasons.isEmpty() ? 0 : 1);
  }
}
