package dev.yololoss.bundle;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;

/** Counts tests, and keeps what is wrong with those that fail. */
final class SuiteTally implements TestExecutionListener {
  /** A test and what was the matter with it. */
  record Trouble(String test, String words) {}

  private final List<Trouble> failures = new ArrayList<>();
  private final List<Trouble> skipped = new ArrayList<>();
  private final Map<String, Integer> classes = new TreeMap<>();

  @Override
  public void executionSkipped(TestIdentifier test, String reason) {
    skipped.add(new Trouble(name(test), reason));
  }

  @Override
  public void executionFinished(TestIdentifier test, TestExecutionResult result) {
    if (test.isTest() && result.getStatus() != TestExecutionResult.Status.ABORTED) {
      classes.merge(className(test), 1, Integer::sum);
    }
    String words = result.getThrowable().map(Throwable::toString).orElse("");
    switch (result.getStatus()) {
      case SUCCESSFUL -> {}
      case ABORTED -> skipped.add(new Trouble(name(test), words));
      case FAILED -> {
        failures.add(new Trouble(name(test), words));
        System.out.println("FAILED " + name(test) + ": " + words);
      }
    }
  }

  /** Tests that were run, by class. */
  Map<String, Integer> classes() {
    return classes;
  }

  int executed() {
    return classes.values().stream().mapToInt(Integer::intValue).sum();
  }

  /** Of tests, and of what is around them. */
  List<Trouble> failures() {
    return failures;
  }

  List<Trouble> skipped() {
    return skipped;
  }

  private static String name(TestIdentifier test) {
    return className(test) + ": " + test.getDisplayName();
  }

  private static String className(TestIdentifier test) {
    return switch (test.getSource().orElse(null)) {
      case MethodSource method -> method.getClassName();
      case ClassSource type -> type.getClassName();
      case null, default -> test.getUniqueId();
    };
  }
}
