import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Runs the kernels' tests on the emulated device and prints how many lines of the kernels and of
 * the headers that they share with the CPU were run, and which were not.
 *
 * <p>Usage: {@code java CoverKernels.java CUDA} with the folder of CMakePresets.json; its presets
 * named coverage build and run the tests. A line that no test can run says so where it stands:
 * {@code // unreachable: why}. Exit status 1 if a test fails or nothing was measured.
 */
final class CoverKernels {
  private static final Pattern MEASURED =
      Pattern.compile("kernels/[^/]*\\.cuh?|include/yololoss/[^/]*\\.h");

  /** As gcov writes it: how often, number, text. */
  private static final Pattern LINE = Pattern.compile(" *([^:]+): *(\\d+):(.*)");

  private static final Pattern REASON = Pattern.compile("// unreachable: \\S.*");

  /** A line that the compiler has made code of. */
  private record Line(boolean ran, String text) {
    Line or(Line other) {
      return new Line(ran || other.ran, text);
    }

    boolean isExplained() {
      return REASON.matcher(text).find();
    }
  }

  public static void main(String[] args) throws IOException, InterruptedException {
    Path cuda = Path.of(args[0]).toRealPath();
    Path build = cuda.resolve("../target/native-coverage").normalize();
    run(cuda, List.of("cmake", "--preset", "coverage"));
    run(cuda, List.of("cmake", "--build", "--preset", "coverage", "--parallel", "2"));
    for (Path counts : find(build, ".gcda")) {
      Files.delete(counts);
    }
    run(cuda, List.of("ctest", "--preset", "coverage"));
    Map<Path, Map<Integer, Line>> files = read(cuda, build);
    if (files.isEmpty()) {
      System.err.println("Nothing was measured in " + build);
      System.exit(1);
    }
    print(cuda, files);
  }

  /** Several objects contain a header, and several instances of a template a line. */
  private static Map<Path, Map<Integer, Line>> read(Path cuda, Path build)
      throws IOException, InterruptedException {
    Map<Path, Map<Integer, Line>> files = new TreeMap<>();
    List<String> command = new ArrayList<>(List.of("gcov", "--stdout"));
    find(build, ".gcda").forEach(counts -> command.add(counts.toString()));
    if (command.size() == 2) {
      return files;
    }
    Map<Integer, Line> lines = new TreeMap<>();
    for (String row : run(build, command).split("\n")) {
      Matcher line = LINE.matcher(row);
      if (!line.matches()) {
        continue;
      }
      int number = Integer.parseInt(line.group(2));
      String count = line.group(1);
      if (number == 0 && line.group(3).startsWith("Source:")) {
        Path source = build.resolve(line.group(3).substring("Source:".length())).normalize();
        lines =
            isMeasured(cuda, source)
                ? files.computeIfAbsent(source, s -> new TreeMap<>())
                : new TreeMap<>();
      } else if (number > 0 && !count.equals("-")) {
        boolean ran = Character.isDigit(count.charAt(0)) && !count.matches("0\\*?");
        lines.merge(number, new Line(ran, line.group(3)), Line::or);
      }
    }
    return files;
  }

  private static boolean isMeasured(Path cuda, Path source) {
    return source.startsWith(cuda)
        && MEASURED.matcher(cuda.relativize(source).toString()).matches();
  }

  private static void print(Path cuda, Map<Path, Map<Integer, Line>> files) {
    System.out.println("Lines that the tests on the emulated device run");
    long all = 0;
    long ran = 0;
    long explained = 0;
    List<String> missing = new ArrayList<>();
    for (Map.Entry<Path, Map<Integer, Line>> file : files.entrySet()) {
      String name = cuda.relativize(file.getKey()).toString();
      long ranHere = file.getValue().values().stream().filter(Line::ran).count();
      row(name, ranHere, file.getValue().size());
      all += file.getValue().size();
      ran += ranHere;
      for (Map.Entry<Integer, Line> line : file.getValue().entrySet()) {
        if (line.getValue().ran()) {
          continue;
        }
        explained += line.getValue().isExplained() ? 1 : 0;
        missing.add(name + ":" + line.getKey() + ": " + line.getValue().text().strip());
      }
    }
    row("all", ran, all);
    if (!missing.isEmpty()) {
      System.out.printf("%nNot run, %d of them explained:%n", explained);
      missing.forEach(System.out::println);
    }
  }

  private static void row(String name, long ran, long all) {
    System.out.printf("%-44s %6.1f %%  %5d of %5d%n", name, 100.0 * ran / all, ran, all);
  }

  private static List<Path> find(Path folder, String ending) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(file -> file.toString().endsWith(ending)).sorted().toList();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  /** What the command printed; ends this program if it fails. */
  private static String run(Path folder, List<String> command)
      throws IOException, InterruptedException {
    Path log = Files.createTempFile("yololoss-coverage", ".log");
    Process process =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    process.waitFor();
    String said = Files.readString(log);
    Files.delete(log);
    if (process.exitValue() != 0) {
      System.err.println(said);
      System.err.println(String.join(" ", command) + " ended with status " + process.exitValue());
      System.exit(1);
    }
    return said;
  }
}
