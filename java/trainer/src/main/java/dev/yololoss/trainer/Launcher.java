package dev.yololoss.trainer;

/** The jar's main class: compiled for Java 8, so that an older Java is told what it needs. */
public final class Launcher {
  private static final int NEEDED = 25;

  private Launcher() {}

  public static void main(String[] args) throws Exception {
    if (System.getProperty("java.awt.headless") == null) {
      // pictures are drawn into memory; a DISPLAY that is gone must not matter
      System.setProperty("java.awt.headless", "true");
    }
    String found = System.getProperty("java.specification.version");
    int feature =
        found.startsWith("1.") ? Integer.parseInt(found.substring(2)) : Integer.parseInt(found);
    if (feature < NEEDED) {
      System.err.println(
          "yololoss needs Java "
              + NEEDED
              + " or newer; this is Java "
              + found
              + " ("
              + System.getProperty("java.home")
              + ")");
      System.exit(2);
    }
    Class.forName("dev.yololoss.trainer.CommandLine")
        .getMethod("main", String[].class)
        .invoke(null, (Object) args);
  }
}
