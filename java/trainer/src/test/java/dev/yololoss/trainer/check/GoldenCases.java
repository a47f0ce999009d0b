package dev.yololoss.trainer.check;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The numbers of the original programs, by family and case. */
final class GoldenCases {
  private GoldenCases() {}

  static Path of(String familyAndCase) {
    return folder().resolve(familyAndCase + ".safetensors");
  }

  static List<Path> families() {
    return sorted(folder()).filter(Files::isDirectory).toList();
  }

  static List<Path> in(Path family) {
    return sorted(family).toList();
  }

  private static Path folder() {
    try {
      return Path.of(GoldenCases.class.getResource("/golden").toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Stream<Path> sorted(Path folder) {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.sorted().toList().stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
