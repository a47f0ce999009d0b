package dev.yololoss.example;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the README shows is this folder's example, and the example runs. */
class ReadmeTest {
  private static final Path ROOT = Path.of("").toAbsolutePath().getParent().getParent();

  @Test
  void theExampleIsInTheReadme() throws IOException {
    List<String> source =
        Files.readAllLines(
            ROOT.resolve("java/engine/src/test/java/dev/yololoss/example/FirstLoss.java"));
    String shown =
        String.join(
            "\n", source.subList(source.indexOf("public class FirstLoss {"), source.size()));
    assertThat(Files.readString(ROOT.resolve("README.md"))).contains("```java\n" + shown + "\n```");
    assertThat(shown.lines().count()).isLessThanOrEqualTo(25);
  }

  @Test
  void theExampleRuns() {
    PrintStream console = System.out;
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    try {
      FirstLoss.main(new String[0]);
    } finally {
      System.setOut(console);
    }
    assertThat(printed.toString(StandardCharsets.UTF_8))
        .containsPattern(
            "LossParts\\[box=0\\.\\d+, objectness=\\d\\.\\d+, classification=0\\.\\d+\\] from"
                + " [1-9]\\d* matches")
        .containsPattern("d loss / d objectness: \\S+");
  }
}
