package dev.yololoss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the library in the jar asks of the machine that runs it. */
class HostLibraryFileTest {
  private static final Pattern GLIBC = Pattern.compile("GLIBC_(\\d+(?:\\.\\d+)+)");
  private static final Pattern NEEDED = Pattern.compile("\\(NEEDED\\).*\\[(.+)]");
  private static final String RESOURCE = "/dev/yololoss/native/linux-x86_64/libyololoss.so";

  @TempDir private Path folder;
  private Path library;

  @BeforeEach
  void unpack() throws IOException {
    try (InputStream in = HostLibraryFileTest.class.getResourceAsStream(RESOURCE)) {
      assumeTrue(in != null, NativeInThisBuild.REASON);
      library = folder.resolve("libyololoss.so");
      Files.copy(in, library, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private static String readelf(String... arguments) throws IOException, InterruptedException {
    Process process;
    try {
      ProcessBuilder builder = new ProcessBuilder("readelf", "--wide");
      builder.command().addAll(List.of(arguments));
      builder.environment().put("LC_ALL", "C");
      process = builder.redirectErrorStream(true).start();
    } catch (IOException e) {
      assumeTrue(false, "there is no readelf (Debian: package binutils)");
      throw e;
    }
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return output;
  }

  private static List<String> found(Pattern pattern, String text) {
    return pattern.matcher(text).results().map((MatchResult m) -> m.group(1)).distinct().toList();
  }

  @Test
  void theCxxRuntimeIsInside() throws IOException, InterruptedException {
    List<String> needed = found(NEEDED, readelf("--dynamic", library.toString()));
    System.out.println("libyololoss.so needs " + needed);
    assertThat(needed).contains("libc.so.6");
    assertThat(needed)
        .noneMatch(name -> name.startsWith("libstdc++") || name.startsWith("libgcc_s"));
  }

  /** Debian 12 and Ubuntu 22.04 have 2.35 or newer. */
  @Test
  void theHighestGlibcSymbolIsKnown() throws IOException, InterruptedException {
    List<String> versions = found(GLIBC, readelf("--version-info", library.toString()));
    String highest =
        versions.stream().max((a, b) -> Arrays.compare(numbers(a), numbers(b))).orElseThrow();
    System.out.println("libyololoss.so needs GLIBC_" + highest);
    assertThat(Arrays.compare(numbers(highest), numbers("2.35")))
        .as("GLIBC_" + highest)
        .isNotPositive();
  }

  /** Negative control: a library that needs the C++ runtime shows, and versions are numbers. */
  @Test
  void aDependencyShows() {
    assertThat(found(NEEDED, " 0x1 (NEEDED)   Shared library: [libstdc++.so.6]\n"))
        .containsExactly("libstdc++.so.6");
    assertThat(Arrays.compare(numbers("2.9"), numbers("2.35"))).isNegative();
  }

  private static int[] numbers(String version) {
    return Arrays.stream(version.split("\\.")).mapToInt(Integer::parseInt).toArray();
  }
}
