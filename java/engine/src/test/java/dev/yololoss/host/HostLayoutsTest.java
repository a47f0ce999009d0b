package dev.yololoss.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.yololoss.ElementType;
import dev.yololoss.NativeInThisBuild;
import dev.yololoss.NonFinite;
import dev.yololoss.NonFinitePolicy;
import dev.yololoss.layout.StepLayouts;
import dev.yololoss.spec.AnchorUnit;
import dev.yololoss.spec.Assignment;
import dev.yololoss.spec.BceForm;
import dev.yololoss.spec.BoxDecoding;
import dev.yololoss.spec.BoxTerm;
import dev.yololoss.spec.ClassTerm;
import dev.yololoss.spec.Collision;
import dev.yololoss.spec.GradientMode;
import dev.yololoss.spec.Ignore;
import dev.yololoss.spec.ObjectnessTerm;
import dev.yololoss.spec.Overlap;
import dev.yololoss.spec.OverlapConvention;
import dev.yololoss.spec.Reduction;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

/** Structures and enumerators as C++ has compiled them, against those that Java writes. */
@EnabledIf(
    value = "dev.yololoss.NativeInThisBuild#isThere",
    disabledReason = NativeInThisBuild.REASON)
class HostLayoutsTest {
  private static final List<StructLayout> STRUCTS =
      List.of(
          StepLayouts.HEAD,
          StepLayouts.ANCHOR,
          StepLayouts.LOSS,
          StepLayouts.VIEW,
          StepLayouts.TARGET,
          StepLayouts.REQUEST,
          StepLayouts.PARTS,
          StepLayouts.RAW_SUMS,
          StepLayouts.TALLY,
          StepLayouts.MATCH,
          StepLayouts.RESULT);

  private static final Map<String, Class<? extends Enum<?>>> ENUMS =
      Map.ofEntries(
          Map.entry("BoxDecoding", BoxDecoding.class),
          Map.entry("AssignmentRule", Assignment.Rule.class),
          Map.entry("Overlap", Overlap.class),
          Map.entry("OverlapConvention", OverlapConvention.class),
          Map.entry("IgnoreRule", Ignore.Rule.class),
          Map.entry("EmptyImages", Ignore.EmptyImages.class),
          Map.entry("BoxKind", BoxTerm.Kind.class),
          Map.entry("GradientMode", GradientMode.class),
          Map.entry("ObjectnessKind", ObjectnessTerm.Kind.class),
          Map.entry("ObjectnessTarget", ObjectnessTerm.Target.class),
          Map.entry("ClassKind", ClassTerm.Kind.class),
          Map.entry("Collision", Collision.class),
          Map.entry("BceForm", BceForm.class),
          Map.entry("ReductionKind", Reduction.Kind.class),
          Map.entry("AnchorUnit", AnchorUnit.class),
          Map.entry("ElementType", ElementType.class),
          Map.entry("NonFinitePolicy", NonFinitePolicy.class),
          Map.entry("StepMode", HostExecutor.Mode.class));

  private static List<String> words(boolean enumerators) {
    return Arrays.stream(HostLibrary.get().layout().trim().split(" "))
        .filter(word -> word.contains("=") == enumerators)
        .toList();
  }

  @Test
  void everyFieldLiesWhereJavaWritesIt() {
    List<String> expected = new ArrayList<>();
    for (StructLayout struct : STRUCTS) {
      String type = struct.name().orElseThrow();
      expected.add(type + ":" + struct.byteSize());
      for (MemoryLayout field : struct.memberLayouts()) {
        String name = field.name().orElseThrow();
        expected.add(
            type + "." + name + ":" + StepLayouts.offset(struct, name) + ":" + field.byteSize());
      }
    }
    assertThat(words(false)).containsExactlyElementsOf(expected);
  }

  @Test
  void everyEnumeratorHasTheOrdinalOfItsConstant() {
    Map<String, List<String>> expected = new TreeMap<>();
    ENUMS.forEach(
        (type, constants) ->
            expected.put(
                type, Arrays.stream(constants.getEnumConstants()).map(Enum::name).toList()));
    // C++ says "nothing" by one more enumerator where Java has an empty Optional
    List<String> kinds = new ArrayList<>();
    Arrays.stream(NonFinite.Kind.values()).map(Enum::name).forEach(kinds::add);
    kinds.add("NONE");
    expected.put("NonFiniteKind", kinds);

    Map<String, List<String>> compiled = new TreeMap<>();
    for (String word : words(true)) {
      String[] parts = word.split("[.=]");
      List<String> names = compiled.computeIfAbsent(parts[0], type -> new ArrayList<>());
      assertThat(Integer.parseInt(parts[2])).as(word).isEqualTo(names.size());
      names.add(constant(parts[1]));
    }
    assertThat(compiled).isEqualTo(expected);
  }

  /** kSigmoidExp to SIGMOID_EXP. */
  private static String constant(String enumerator) {
    return enumerator
        .substring(1)
        .replaceAll("([a-z0-9])([A-Z])", "$1_$2")
        .toUpperCase(Locale.ROOT);
  }
}
