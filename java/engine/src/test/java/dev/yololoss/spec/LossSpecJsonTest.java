package dev.yololoss.spec;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.yololoss.RandomSpec;
import dev.yololoss.Seed;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Writing and reading give the same loss, and JSON and builder mean the same. */
class LossSpecJsonTest {
  private static final Seed SEED = Seed.of(LossSpecJsonTest.class);

  @ParameterizedTest
  @EnumSource(Preset.class)
  void presetsSurviveTheRoundTrip(Preset preset) {
    LossSpec spec = LossSpec.of(preset);
    assertThat(LossSpec.fromJson(spec.toJson())).isEqualTo(spec);
    assertThat(LossSpec.fromJson("{\"preset\": \"" + preset.id() + "\"}")).isEqualTo(spec);
    spec.requireLegal();
  }

  @ParameterizedTest
  @EnumSource(Preset.class)
  void legalVariantsSurviveTheRoundTrip(Preset preset) {
    int varied = 0;
    for (long seed : SEED.draws(200).toArray()) {
      LossSpec spec = RandomSpec.of(preset, new Random(seed));
      assertThat(LossSpec.fromJson(spec.toJson())).as("seed " + seed).isEqualTo(spec);
      varied += spec.equals(LossSpec.of(preset)) ? 0 : 1;
    }
    assertThat(varied).isGreaterThan(190);
  }

  @ParameterizedTest
  @EnumSource(Preset.class)
  void writesOnlyTheOptionsOfThePresetAndAllOfThem(Preset preset) throws JsonProcessingException {
    LossSpec spec = RandomSpec.of(preset, new Random(SEED.value()));
    JsonNode root = new ObjectMapper().readTree(spec.toJson());
    List<String> paths = new ArrayList<>();
    for (var field : root.properties()) {
      if (field.getValue().isObject()) {
        field.getValue().fieldNames().forEachRemaining(n -> paths.add(field.getKey() + "." + n));
      } else if (!Set.of("preset", "classes", "heads", "anchors", "anchorUnit")
          .contains(field.getKey())) {
        paths.add(field.getKey());
      }
    }
    assertThat(paths).containsExactlyInAnyOrderElementsOf(preset.options());
  }

  @Test
  void headsHaveTwoSpellings() {
    LossSpec own =
        LossSpec.fromJson(
            """
            {"preset": "darknet", "classes": 2, "heads": [
              {"stride": 16, "anchors": [[30, 61], [62.5, 45]], "scaleXY": 1.1},
              {"stride": 8, "anchors": [[10, 13]]}]}
            """);
    LossSpec pool =
        LossSpec.fromJson(
            """
            {"preset": "darknet", "classes": 2, "anchorUnit": "PIXELS",
             "anchors": [[10, 13], [30, 61], [62.5, 45]], "heads": [
              {"stride": 16, "anchors": [1, 2], "scaleXY": 1.1},
              {"stride": 8, "anchors": [0]}]}
            """);
    assertThat(own).isEqualTo(pool);
    assertThat(own.heads())
        .isEqualTo(Heads.builder().head(16, 30, 61, 62.5, 45).scaleXY(1.1).head(8, 10, 13).build());
    assertThat(own.heads().anchorsOf(0)).containsExactly(new Anchor(30, 61), new Anchor(62.5, 45));
    LossSpec spare =
        LossSpec.fromJson(
            """
            {"preset": "darknet", "anchors": [[10, 13], [30, 61], [62, 45]], "anchorUnit": "IMAGE",
             "heads": [{"stride": 8, "anchors": [2, 0]}]}
            """);
    assertThat(spare.heads().anchorsOf(0)).containsExactly(new Anchor(62, 45), new Anchor(10, 13));
    assertThat(spare.heads().unit()).isEqualTo(AnchorUnit.IMAGE);
    assertThat(LossSpec.fromJson(spare.toJson())).isEqualTo(spare);
  }

  @Test
  void builderAndJsonMeanTheSame() {
    LossSpec json =
        LossSpec.fromJson(
            """
            {"preset": "darknet", "classes": 3, "decoding": "DARKNET_NEW_COORDS",
             "heads": [{"stride": 32, "anchors": [[40, 50]]}],
             "assignment": {"extraIou": 0.213, "extraOverlap": "GIOU"},
             "box": {"kind": "ONE_MINUS_CIOU", "weight": 0.07, "maxDelta": 5},
             "objectness": {"smooth": true}, "classification": {"kind": "FOCAL_DELTA"}}
            """);
    LossSpec built =
        LossSpec.builder(Preset.DARKNET)
            .option("classification.kind", ClassTerm.Kind.FOCAL_DELTA)
            .option("box.maxDelta", 5)
            .option("box.weight", 0.07)
            .option("box.kind", BoxTerm.Kind.ONE_MINUS_CIOU)
            .option("assignment.extraOverlap", "GIOU")
            .option("assignment.extraIou", 0.213)
            .option("objectness.smooth", true)
            .option("decoding", BoxDecoding.DARKNET_NEW_COORDS)
            .heads(Heads.builder().head(32, 40, 50).build())
            .classes(3)
            .build();
    assertThat(built).isEqualTo(json);
    assertThat(json.box().maxDelta()).isEqualTo(5);
    LossSpec unset =
        LossSpec.builder(Preset.DARKNET)
            .option("box.maxDelta", 5.0)
            .option("box.maxDelta", Double.POSITIVE_INFINITY)
            .build();
    assertThat(unset).isEqualTo(LossSpec.of(Preset.DARKNET));
    assertThat(LossSpec.fromJson("{\"preset\": \"darknet\", \"box\": {\"maxDelta\": null}}"))
        .isEqualTo(unset);
  }

  @ParameterizedTest
  @CsvSource({"yolov2-half, YOLOV2", "dena, YOLOV3_BCE", "yolov5, YOLOV5", "yolov2, YOLOV2"})
  void aliasesAreOtherNamesOfTheSameLoss(String name, Preset preset) {
    assertThat(Preset.of(name)).isEqualTo(preset);
    LossSpec spec = LossSpec.fromJson("{\"preset\": \"" + name + "\"}");
    assertThat(spec).isEqualTo(LossSpec.of(preset));
    assertThat(spec.toJson()).contains("\"" + preset.id() + "\"");
  }

  @Test
  void everyPresetNamesItsSourceAndFormula() {
    for (Preset preset : Preset.values()) {
      assertThat(preset.source()).isNotBlank();
      assertThat(preset.formula()).isNotBlank();
      assertThat(Preset.of(preset.id())).isEqualTo(preset);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1, '4.0, 1.0, 0.25, 0.06, 0.02'",
    "2, '4.0, 1.0, 0.25, 0.06, 0.02'",
    "3, '4.0, 1.0, 0.4'",
    "4, '4.0, 1.0, 0.25, 0.06, 0.02'",
    "5, '4.0, 1.0, 0.25, 0.06, 0.02'"
  })
  void yolov5sBalanceFollowsTheNumberOfHeads(int heads, String expected) {
    for (Preset preset : List.of(Preset.YOLOV5, Preset.YOLOV5_CE)) {
      List<Double> balance = Arrays.stream(expected.split(", ")).map(Double::valueOf).toList();
      LossSpec spec = LossSpec.builder(preset).heads(heads(heads)).build();
      assertThat(spec.reduction().balance()).isEqualTo(balance);
      assertThat(LossSpec.fromJson(spec.toJson())).isEqualTo(spec);
      assertThat(LossSpec.builder(preset).heads(heads(5)).heads(heads(heads)).build())
          .as("an earlier number of heads leaves no trace")
          .isEqualTo(spec);
      List<Double> mine = new ArrayList<>(Collections.nCopies(heads, 0.5));
      for (LossSpec given :
          List.of(
              LossSpec.builder(preset)
                  .heads(heads(heads))
                  .option("reduction.balance", mine)
                  .build(),
              LossSpec.builder(preset)
                  .option("reduction.balance", mine)
                  .heads(heads(heads))
                  .build())) {
        assertThat(given.reduction().balance()).as("in any order").isEqualTo(mine);
      }
    }
    assertThat(LossSpec.builder(Preset.DARKNET).heads(heads(heads)).build().reduction().balance())
        .isEmpty();
  }

  @Test
  void aBalanceThatEqualsTheDefaultOfThreeHeadsIsKeptForTwo() {
    List<Double> ofThree = List.of(4.0, 1.0, 0.4);
    assertThat(
            LossSpec.builder(Preset.YOLOV5)
                .option("reduction.balance", ofThree)
                .heads(heads(2))
                .build()
                .reduction()
                .balance())
        .isEqualTo(ofThree);
  }

  private static Heads heads(int count) {
    Heads.Builder builder = Heads.builder();
    for (int n = 0; n < count; n++) {
      builder.head(8 << n, 10, 10);
    }
    return builder.build();
  }
}
