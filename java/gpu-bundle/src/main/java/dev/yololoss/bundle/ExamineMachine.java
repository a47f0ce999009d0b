package dev.yololoss.bundle;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.yololoss.Doctor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Looks at what the backends need, prints it, and writes it as JSON to the file that is named. */
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
    System.exit(findings.stream().allMatch(Doctor.Finding::isGood) ? 0 : 1);
  }
}
