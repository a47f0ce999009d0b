package dev.yololoss.djl.example;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What the README shows is this folder's example, and the example learns. */
class ReadmeTest {
  private static final Path ROOT = Path.of("").toAbsolutePath().getParent().getParent();
  private static final String FIRST = "    try (Model model = Model.newInstance(\"detector\");";
  private static final String LAST = "    }";

  @Test
  void theExampleIsInTheReadme() throws Exception {
    List<String> source =
        Files.readAllLines(
            ROOT.resolve("java/djl/src/test/java/dev/yololoss/djl/example/TrainWithDjl.java"));
    List<String> rest = source.subList(source.indexOf(FIRST), source.size());
    String shown = String.join("\n", rest.subList(0, rest.indexOf(LAST) + 1)).stripIndent();
    assertThat(shown).contains("YoloLoss.of(spec, Backend.AUTO)").contains("EasyTrain.fit(");
    assertThat(Files.readString(ROOT.resolve("README.md"))).contains("```java\n" + shown + "\n```");
  }

  @Test
  void theExampleLearns() throws Exception {
    PrintStream console = System.out;
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    try {
      TrainWithDjl.main(new String[0]);
    } finally {
      System.setOut(console);
    }
    String text = printed.toString(StandardCharsets.UTF_8);
    List<Double> losses =
        Pattern.compile("YoloLoss: (\\d+\\.\\d+)")
            .matcher(text)
            .results()
            .map(MatchResult::group)
            .map(word -> Double.valueOf(word.substring("YoloLoss: ".length())))
            .toList();
    assertThat(losses).hasSizeGreaterThan(8);
    assertThat(losses.getLast()).isLessThan(losses.getFirst() / 2);
    assertThat(text).containsPattern("LossParts\\[box=\\d.*\\] in the last batch");
  }
}
