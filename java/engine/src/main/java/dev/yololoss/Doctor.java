package dev.yololoss;

import dev.yololoss.cuda.CudaDoctor;
import dev.yololoss.host.HostLibrary;
import java.util.ArrayList;
import java.util.List;

/** Looks at what the backends need, and says what is missing and what cures it. */
public final class Doctor {
  /**
   * One thing that was looked at.
   *
   * @param subject what it is
   * @param isGood whether it is as it must be
   * @param words what was found, and the cure if it is not good
   */
  public record Finding(String subject, boolean isGood, String words) {
    /** Something that is as it must be. */
    public static Finding good(String subject, String words) {
      return new Finding(subject, true, words);
    }

    /** Something that is not; the words say what cures it. */
    public static Finding wrong(String subject, String words) {
      return new Finding(subject, false, words);
    }
  }

  private Doctor() {}

  /**
   * Why an engine with these options cannot be opened on this machine, whatever else there is or is
   * missing. Loads what can be loaded.
   *
   * @return each reason with its cure; empty if it can
   */
  public static List<String> reasonsAgainst(EngineOptions options) {
    return Backends.reasons(options);
  }

  /** Looks at everything. Loads what can be loaded; throws nothing. */
  public static List<Finding> examine() {
    List<Finding> findings = new ArrayList<>();
    findings.add(
        Finding.good(
            "Java",
            System.getProperty("java.vendor")
                + " "
                + Runtime.version()
                + " on "
                + System.getProperty("os.name")
                + " "
                + System.getProperty("os.arch")));
    findings.add(
        HostLibrary.reasons().isEmpty()
            ? Finding.good("native library", HostLibrary.origin())
            : Finding.wrong("native library", String.join("; ", HostLibrary.reasons())));
    findings.addAll(CudaDoctor.examine());
    return List.copyOf(findings);
  }
}
