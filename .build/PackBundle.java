import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * Packs tests and benchmarks of the backend CUDA with a Java runtime of their own into {@code
 * target/yololoss-gpu.tar.xz}: for a machine that has a GPU and its driver, and nothing else.
 *
 * <p>Usage: {@code java PackBundle.java ROOT} with the project's folder, after all else was built;
 * the runtime is made of the JDK that runs this.
 */
final class PackBundle {
  private static final long MOST_BYTES = 40_000_000;
  private static final String NAME = "yololoss-gpu";

  /** What the programs and the libraries under them ask for. */
  private static final String MODULES =
      "java.base,java.logging,java.management,java.xml,jdk.management,jdk.unsupported";

  public static void main(String[] args) throws IOException, InterruptedException {
    Path root = Path.of(args[0]).toRealPath();
    Path module = root.resolve("java/gpu-bundle");
    Path kernels = root.resolve("java/engine/target/classes/dev/yololoss/cuda/kernels.fatbin");
    if (!Files.exists(kernels)) {
      System.err.println("There are no kernels to test: this build has found no nvcc");
      System.exit(1);
    }
    Path bundle = module.resolve("target/bundle").resolve(NAME);
    delete(bundle);
    Files.createDirectories(bundle);
    run(
        bundle,
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "jlink").toString(),
            "--add-modules",
            MODULES,
            // packed as a whole later
            "--compress=zip-0",
            "--strip-debug",
            "--no-header-files",
            "--no-man-pages",
            "--output",
            "runtime"));
    copyLibraries(module.resolve("target"), bundle.resolve("lib"));
    copyFolder(root.resolve("java/engine/target/test-classes"), bundle.resolve("tests/engine"));
    copyFolder(root.resolve("java/trainer/target/test-classes"), bundle.resolve("tests/trainer"));
    copyFolder(root.resolve("benchmarks/peers"), bundle.resolve("peers"));
    copyFolder(module.resolve("src/main/bundle"), bundle);
    Path packed = root.resolve("target").resolve(NAME + ".tar.xz");
    Files.createDirectories(packed.getParent());
    run(
        bundle.getParent(),
        List.of(
            "tar",
            "--sort=name",
            "--owner=0",
            "--group=0",
            "--numeric-owner",
            "--use-compress-program=xz -6",
            "-cf",
            packed.toString(),
            NAME));
    long bytes = Files.size(packed);
    System.out.printf("%s: %.1f MB%n", packed, bytes / 1e6);
    if (bytes > MOST_BYTES) {
      System.err.printf("The bundle may have %.1f MB%n", MOST_BYTES / 1e6);
      System.exit(1);
    }
  }

  private static void copyLibraries(Path from, Path to) throws IOException {
    Files.createDirectories(to);
    List<Path> jars = new ArrayList<>(files(from.resolve("lib")));
    jars.addAll(files(from).stream().filter(f -> f.toString().endsWith(".jar")).toList());
    for (Path jar : jars) {
      Path copy = to.resolve(jar.getFileName());
      if (jar.getFileName().toString().startsWith("jcuda-natives")) {
        // its other libraries are of no use here, and large
        repack(jar, copy, name -> !name.startsWith("lib/") || name.contains("JCudaDriver"));
      } else {
        Files.copy(jar, copy);
      }
    }
  }

  private static void repack(Path from, Path to, Predicate<String> isKept) throws IOException {
    try (ZipFile jar = new ZipFile(from.toFile());
        OutputStream file = Files.newOutputStream(to);
        ZipOutputStream out = new ZipOutputStream(file)) {
      Enumeration<? extends ZipEntry> entries = jar.entries();
      while (entries.hasMoreElements()) {
        ZipEntry entry = entries.nextElement();
        if (isKept.test(entry.getName())) {
          out.putNextEntry(new ZipEntry(entry.getName()));
          try (InputStream in = jar.getInputStream(entry)) {
            in.transferTo(out);
          }
        }
      }
    }
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.filter(Files::isRegularFile).sorted().toList();
    }
  }

  private static void copyFolder(Path from, Path to) throws IOException {
    try (Stream<Path> all = Files.walk(from)) {
      for (Path file : all.toList()) {
        Path copy = to.resolve(from.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(copy);
        } else {
          Files.copy(file, copy, StandardCopyOption.COPY_ATTRIBUTES);
        }
      }
    }
  }

  private static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path file : all.sorted((a, b) -> b.compareTo(a)).toList()) {
        Files.delete(file);
      }
    }
  }

  private static void run(Path folder, List<String> command)
      throws IOException, InterruptedException {
    int status =
        new ProcessBuilder(command).directory(folder.toFile()).inheritIO().start().waitFor();
    if (status != 0) {
      System.err.println(String.join(" ", command) + " ended with status " + status);
      System.exit(1);
    }
  }
}
