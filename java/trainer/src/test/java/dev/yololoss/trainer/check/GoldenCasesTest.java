package dev.yololoss.trainer.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.yololoss.Backend;
import dev.yololoss.EngineOptions;
import dev.yololoss.InstructionSet;
import dev.yololoss.spec.Overlap;
import dev.yololoss.trainer.safetensors.SafetensorsFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * REFERENCE and NATIVE, with either instruction set, compute what the original programs computed.
 */
class GoldenCasesTest {
  private static final int PEERS_OF_BOXES = 3;
  private static final List<EngineOptions> OPTIONS =
      List.of(
          EngineOptions.on(Backend.REFERENCE),
          EngineOptions.on(Backend.NATIVE).with(InstructionSet.BASELINE),
          EngineOptions.on(Backend.NATIVE).with(InstructionSet.BEST));

  @Test
  void noFileIsLost() {
    assertThat(
            GoldenCases.families().stream()
                .collect(
                    Collectors.toMap(
                        f -> f.getFileName().toString(), f -> GoldenCases.in(f).size())))
        .isEqualTo(
            Map.ofEntries(
                Map.entry("boxes", 3),
                Map.entry("darknet", 45),
                Map.entry("dena", 8),
                Map.entry("yolov2-half", 9),
                Map.entry("yolov2-old", 9),
                Map.entry("yolov2-v1", 8),
                Map.entry("yolov2-v2", 8),
                Map.entry("yolov3-bce", 11),
                Map.entry("yolov3-best", 13),
                Map.entry("yolov3-logits", 10),
                Map.entry("yolov3-ratio", 13),
                Map.entry("yolov5", 19),
                Map.entry("yolov5-ce", 7)));
  }

  /** Counts what was compared, so that a tensor that went missing cannot pass. */
  @ParameterizedTest(name = "{1} on {0}")
  @MethodSource("lossesOnAll")
  void loss(EngineOptions options, String name) throws IOException {
    Path path = GoldenCases.of(name);
    CaseReport report = check(options, path);
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      assertThat(report.totals().compared()).isEqualTo(1);
      assertThat(report.components().compared()).isEqualTo(components(file));
      assertThat(report.gradients().compared()).isEqualTo(predictions(file)).isPositive();
    }
  }

  @ParameterizedTest(name = "{1} on {0}")
  @MethodSource("boxesOnAll")
  void overlaps(EngineOptions options, String name) throws IOException {
    Path path = GoldenCases.of(name);
    CaseReport report = check(options, path);
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      long pairs = file.floats("a", -1, 4).shape().getFirst();
      long values = PEERS_OF_BOXES * Overlap.values().length * pairs;
      assertThat(report.components().compared()).isEqualTo(values).isPositive();
      assertThat(report.gradients().compared()).isEqualTo(4 * values);
    }
  }

  private static CaseReport check(EngineOptions options, Path path) throws IOException {
    assumeTrue(
        options.backend() == Backend.REFERENCE || isNativeInThisBuild(),
        "built without CMake or a C++ compiler, so without NATIVE");
    CaseReport report = CheckCommand.run(path, options);
    assertThat(report.backend()).startsWith(options.backend().name());
    assertThat(report.passes()).as(report.line()).isTrue();
    return report;
  }

  static Stream<Arguments> lossesOnAll() {
    return onAll(losses().toList());
  }

  static Stream<Arguments> boxesOnAll() {
    return onAll(boxes().toList());
  }

  private static Stream<Arguments> onAll(List<String> names) {
    return OPTIONS.stream()
        .flatMap(options -> names.stream().map(name -> Arguments.of(named(options), name)));
  }

  private static Named<EngineOptions> named(EngineOptions options) {
    return Named.of(options.backend() + " " + options.instructionSet(), options);
  }

  /** Whether it was built; one that was built and does not load fails. */
  private static boolean isNativeInThisBuild() {
    String system = System.getProperty("os.name").toLowerCase(Locale.ROOT).replaceAll("\\s.*", "");
    String processor = System.getProperty("os.arch").replace("amd64", "x86_64");
    String file = System.mapLibraryName("yololoss");
    return Backend.class.getResource(
            "/dev/yololoss/native/" + system + "-" + processor + "/" + file)
        != null;
  }

  static Stream<String> losses() {
    return cases().filter(name -> !name.startsWith("boxes/"));
  }

  static Stream<String> boxes() {
    return cases().filter(name -> name.startsWith("boxes/"));
  }

  private static Stream<String> cases() {
    return GoldenCases.families().stream()
        .flatMap(family -> GoldenCases.in(family).stream())
        .map(
            path ->
                path.getParent().getFileName()
                    + "/"
                    + path.getFileName().toString().replace(".safetensors", ""));
  }

  private static long components(SafetensorsFile file) throws IOException {
    Map<String, String> metadata = file.metadata();
    long named = new ObjectMapper().readTree(metadata.get("components")).size();
    long notRecomputed = metadata.get("preset").equals("dena") ? named / 5 : 0;
    long balance = file.find("balance_after").map(t -> t.size()).orElse(0L);
    assertThat(named).isPositive();
    return named - notRecomputed + balance;
  }

  private static long predictions(SafetensorsFile file) {
    long elements = 0;
    for (int layer = 0; file.has("pred." + layer); layer++) {
      elements += file.find("pred." + layer).orElseThrow().size();
    }
    return elements;
  }
}
