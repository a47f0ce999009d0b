package dev.yololoss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A library that is not there or not ours: a typed exception with every place that was tried. */
class HostLoadingTest {
  private static final String FILE_NAME = System.mapLibraryName("yololoss");

  @TempDir private Path folder;

  private static ForkedJvm probe(List<Path> classPathFirst, String... options)
      throws IOException, InterruptedException {
    List<String> all = new ArrayList<>(List.of("--enable-native-access=ALL-UNNAMED"));
    all.addAll(List.of(options));
    return ForkedJvm.run(all, classPathFirst, LoadProbe.class);
  }

  private static void assertMissing(ForkedJvm jvm, String... reasons) {
    assertThat(jvm.output())
        .contains(reasons)
        .contains("NATIVE: backend NATIVE is not available: ")
        .contains("AUTO is REFERENCE: ")
        .doesNotContain("NATIVE computes");
    assertThat(jvm.output().lines().filter(line -> line.startsWith("NATIVE: ")).distinct())
        .as("the same answer twice")
        .hasSize(1);
    assertThat(jvm.exitCode()).isZero();
  }

  private static void assumeBuilt() {
    assumeTrue(NativeInThisBuild.isThere(), NativeInThisBuild.REASON);
  }

  private static String resource() {
    String system = System.getProperty("os.name").toLowerCase(java.util.Locale.ROOT);
    String processor = System.getProperty("os.arch").replace("amd64", "x86_64");
    return "dev/yololoss/native/" + system + "-" + processor + "/" + FILE_NAME;
  }

  /** Negative control: with nothing in the way the library is found. */
  @Test
  void theJarHasTheLibrary() throws IOException, InterruptedException {
    assumeBuilt();
    ForkedJvm jvm = probe(List.of());
    assertThat(jvm.output())
        .contains("NATIVE computes", "AUTO is NATIVE: ", "in the jar")
        .doesNotContain("WARNING");
    assertThat(jvm.exitCode()).isZero();
  }

  @Test
  void aNamedFileThatIsNotThere() throws IOException, InterruptedException {
    Path file = folder.resolve("nothing.so");
    assertMissing(probe(List.of(), "-Dyololoss.native.library=" + file), file.toString());
  }

  @Test
  void aNamedFileThatIsText() throws IOException, InterruptedException {
    Path file = Files.writeString(folder.resolve("text.so"), "not a library\n".repeat(100));
    assertMissing(probe(List.of(), "-Dyololoss.native.library=" + file), file.toString(), "ELF");
  }

  @Test
  void aNamedFolderAndAnEmptyName() throws IOException, InterruptedException {
    assertMissing(probe(List.of(), "-Dyololoss.native.library=" + folder), folder.toString());
    assertMissing(probe(List.of(), "-Dyololoss.native.library="), "yololoss.native.library");
  }

  @Test
  void aNamedLibraryOfOthers() throws IOException, InterruptedException {
    Path other = Path.of(System.getProperty("java.home"), "lib", System.mapLibraryName("prefs"));
    assumeTrue(Files.exists(other), other + " is missing");
    assertMissing(
        probe(List.of(), "-Dyololoss.native.library=" + other),
        other.toString(),
        "is no library of YoloLoss",
        "yl_");
  }

  @Test
  void anotherLibraryInTheJarThanWasBuilt() throws IOException, InterruptedException {
    Path file = folder.resolve(resource());
    Files.createDirectories(file.getParent());
    Files.writeString(file, "tampered with");
    assertMissing(
        probe(List.of(folder), "-Djava.library.path=" + folder),
        "on java.library.path",
        folder.toString(),
        "in the jar has SHA-256",
        "built was");
  }

  @Test
  void nowhereToUnpack() throws IOException, InterruptedException {
    assumeBuilt();
    Path file = Files.writeString(folder.resolve("file"), "no folder");
    for (Path temporary : List.of(file, folder.resolve("missing"))) {
      assertMissing(
          probe(List.of(), "-Djava.io.tmpdir=" + temporary),
          "on java.library.path",
          "in the jar could not be loaded from " + temporary,
          "Exception");
    }
  }

  @Test
  void nothingIsLeftBehindByUnpacking() throws IOException, InterruptedException {
    assumeBuilt();
    assertThat(probe(List.of(), "-Djava.io.tmpdir=" + folder).output()).contains("NATIVE computes");
    try (var files = Files.list(folder)) {
      assertThat(files.filter(f -> f.getFileName().toString().startsWith("yololoss"))).isEmpty();
    }
  }

  @Test
  void aBrokenLibraryOnTheLibraryPathDoesNotHideThatOfTheJar()
      throws IOException, InterruptedException {
    assumeBuilt();
    Files.writeString(folder.resolve(FILE_NAME), "not a library");
    ForkedJvm jvm = probe(List.of(), "-Djava.library.path=" + folder);
    assertThat(jvm.output()).contains("NATIVE computes", "in the jar");
    assertThat(jvm.exitCode()).isZero();
  }

  @Test
  void nativeAccessIsDenied() throws IOException, InterruptedException {
    ForkedJvm jvm =
        ForkedJvm.run(
            List.of("--illegal-native-access=deny", "--enable-native-access=java.base"),
            LoadProbe.class);
    assertMissing(jvm, "denies native access", "--enable-native-access=ALL-UNNAMED");
  }
}
