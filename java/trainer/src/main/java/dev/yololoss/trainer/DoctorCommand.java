package dev.yololoss.trainer;

import dev.yololoss.Doctor;
import dev.yololoss.trainer.help.HelpOption;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code doctor}: what the backends need, each OK or with its cure. */
@Command(
    name = "doctor",
    description = "Looks at what the backends need: Java, native library, GPU driver, devices.",
    footer = "Exit status: 0 everything is there, 1 something is not.")
final class DoctorCommand implements Callable<Integer> {
  @Spec private CommandSpec command;

  @Mixin private HelpOption help;

  @Override
  public Integer call() {
    PrintWriter out = command.commandLine().getOut();
    List<Doctor.Finding> findings = Doctor.examine();
    for (Doctor.Finding finding : findings) {
      out.printf(
          "%-16s %s%s%n", finding.subject(), finding.isGood() ? "OK: " : "--: ", finding.words());
    }
    out.flush();
    return findings.stream().allMatch(Doctor.Finding::isGood) ? 0 : 1;
  }
}
