package dev.yololoss.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.yololoss.Backend;
import dev.yololoss.BackendUnavailableException;
import dev.yololoss.CudaBinding;
import dev.yololoss.CudaOptions;
import dev.yololoss.Doctor;
import dev.yololoss.EngineOptions;
import dev.yololoss.ForkedJvm;
import dev.yololoss.LossEngine;
import dev.yololoss.LossOperations;
import dev.yololoss.spec.Heads;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Preset;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Why there is no CUDA: each reason with its cure, and never another backend in its stead. */
@EnabledIf(value = "dev.yololoss.cuda.CudaDevice#isThere", disabledReason = CudaDevice.REASON)
class CudaAvailabilityTest {
  private static final LossSpec SPEC =
      LossSpec.builder(Preset.YOLOV5)
          .classes(2)
          .heads(Heads.builder().head(32, 20, 24).build())
          .build();

  @TempDir private Path folder;

  @AfterEach
  void forget() {
    Emulator.reset();
  }

  private static void assertMissing(EngineOptions options, String... words) {
    for (Runnable asked :
        List.<Runnable>of(
            () -> LossEngine.open(SPEC, options), () -> LossOperations.open(options))) {
      assertThatThrownBy(asked::run)
          .isInstanceOf(BackendUnavailableException.class)
          .hasMessageContaining("backend CUDA is not available: ")
          .satisfies(e -> assertThat(e.getMessage()).contains(words));
    }
    EngineOptions any =
        new EngineOptions(
            Backend.AUTO,
            options.targetPolicy(),
            options.nonFinite(),
            options.threads(),
            options.instructionSet(),
            options.cuda());
    try (LossEngine engine = LossEngine.open(SPEC, any)) {
      assertThat(engine.backend()).isNotEqualTo(Backend.CUDA);
      assertThat(engine.choice()).contains(": CUDA: ").contains(words);
    }
  }

  @Test
  void aBindingThatIsMisspeltIsNamed() {
    String before = System.getProperty(CudaOptions.BINDING_PROPERTY);
    System.setProperty(CudaOptions.BINDING_PROPERTY, "jcudo");
    try {
      assertThatThrownBy(CudaOptions::standard)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("yololoss.cuda.binding is \"jcudo\"; allowed are [JCUDA, PANAMA]");
    } finally {
      if (before == null) {
        System.clearProperty(CudaOptions.BINDING_PROPERTY);
      } else {
        System.setProperty(CudaOptions.BINDING_PROPERTY, before);
      }
    }
  }

  /** Negative control: with nothing in the way CUDA is there, and AUTO takes it. */
  @ParameterizedTest
  @EnumSource(CudaBinding.class)
  void autoTakesCuda(CudaBinding binding) {
    try (LossEngine engine = LossEngine.open(SPEC, EngineOptions.on(Backend.AUTO).with(binding))) {
      assertThat(engine.backend()).isEqualTo(Backend.CUDA);
      assertThat(engine.choice())
          .startsWith("CUDA, the first choice (")
          .contains("through " + (binding == CudaBinding.JCUDA ? "JCuda" : "java.lang.foreign"));
    }
    assertThat(Doctor.reasonsAgainst(EngineOptions.on(Backend.CUDA).with(binding))).isEmpty();
  }

  @ParameterizedTest
  @OnEmulatedDevice
  @EnumSource(CudaBinding.class)
  void anOldDriver(CudaBinding binding) {
    Emulator.set("driver_version", 12040);
    assertMissing(
        EmulatedCuda.through(binding),
        "is one for CUDA 12.4; these kernels need CUDA 13.0: install driver 580 or newer");
    assertDoctor("NVIDIA driver", "for CUDA 12.4; the kernels need CUDA 13.0");
  }

  @ParameterizedTest
  @OnEmulatedDevice
  @EnumSource(CudaBinding.class)
  void noDevice(CudaBinding binding) {
    Emulator.set("device_count", 0);
    assertMissing(EmulatedCuda.through(binding), "CUDA_ERROR_NO_DEVICE", "CUDA_VISIBLE_DEVICES");
    assertDoctor("CUDA devices", "CUDA_ERROR_NO_DEVICE");
  }

  @Test
  @OnEmulatedDevice
  void aDeviceTooOld() {
    Emulator.set("compute_major", 7);
    Emulator.set("compute_minor", 0);
    assertMissing(
        EmulatedCuda.through(CudaBinding.PANAMA),
        "device 0 has compute capability 7.0; these kernels are for [7.5, 8.0");
    assertDoctor("CUDA device 0", "compute capability 7.0");
  }

  /** Machine code of its major version, or PTX. */
  @ParameterizedTest
  @OnEmulatedDevice
  @org.junit.jupiter.params.provider.CsvSource({"7, 5", "8, 7", "9, 0", "12, 1", "13, 0"})
  void aDeviceThatMachineCodeOrPtxIsFor(int major, int minor) {
    Emulator.set("compute_major", major);
    Emulator.set("compute_minor", minor);
    LossEngine.open(SPEC, EmulatedCuda.through(CudaBinding.PANAMA)).close();
  }

  @Test
  @OnEmulatedDevice
  void anOrdinalThatNoDeviceHas() {
    EngineOptions options = EmulatedCuda.through(CudaBinding.JCUDA);
    assertMissing(
        options.with(CudaOptions.standard().onDevice(3)), "there is no device 3; allowed are 0..0");
  }

  /** The native library is nothing to CUDA, nor is a device that nobody asks for. */
  @Test
  @OnEmulatedDevice
  void onlyWhatTheBackendNeedsIsAReasonAgainstIt() throws IOException, InterruptedException {
    assertThat(Doctor.examine()).as("with nothing in the way").allMatch(Doctor.Finding::isGood);
    assertThat(
            Doctor.reasonsAgainst(
                EngineOptions.on(Backend.CUDA).with(CudaOptions.standard().onDevice(1))))
        .singleElement()
        .asString()
        .contains("there is no device 1");
    Path missing = folder.resolve("libyololoss.so");
    assertThat(probe(driver(), kernels(), "-Dyololoss.native.library=" + missing))
        .contains("against CUDA: []", "against NATIVE: [" + missing);
  }

  private static void assertDoctor(String subject, String words) {
    assertThat(Doctor.examine())
        .filteredOn(finding -> finding.subject().equals(subject))
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.isGood()).isFalse();
              assertThat(finding.words()).contains(words);
            });
  }

  private String probe(String... options) throws IOException, InterruptedException {
    List<String> all = new ArrayList<>(List.of("--enable-native-access=ALL-UNNAMED"));
    all.addAll(List.of(options));
    ForkedJvm jvm = ForkedJvm.run(all, CudaProbe.class);
    assertThat(jvm.exitCode()).as(jvm.output()).isZero();
    return jvm.output();
  }

  private static String driver() {
    return "-Dyololoss.cuda.driver=" + System.getProperty(DriverLibrary.PROPERTY);
  }

  private static String kernels() {
    return "-Dyololoss.cuda.kernels=" + System.getProperty(KernelImage.PROPERTY);
  }

  @Test
  @OnEmulatedDevice
  void jcudaUnpacksIntoADirectoryOfItsOwnAndLeavesNothing()
      throws IOException, InterruptedException {
    Path planted = folder.resolve("libJCudaDriver-12.6.0-linux-x86_64.so");
    Files.writeString(planted, "somebody else's");
    String output = probe(driver(), kernels(), "-Djava.io.tmpdir=" + folder);
    assertThat(output)
        .contains("JCUDA computes", "PANAMA computes", "tmpdir is " + folder)
        .doesNotContain("never given back");
    try (var files = Files.list(folder)) {
      assertThat(files).containsExactly(planted);
    }
  }

  @Test
  @OnEmulatedDevice
  void nowhereToUnpackJcuda() throws IOException, InterruptedException {
    Path file = Files.writeString(folder.resolve("file"), "no folder");
    assertThat(probe(driver(), kernels(), "-Djava.io.tmpdir=" + file))
        .contains("JCUDA: backend CUDA is not available: JCuda's native library cannot be loaded")
        .contains("or use CudaBinding.PANAMA", "PANAMA computes");
  }

  @Test
  @OnEmulatedDevice
  void aNamedDriverThatIsNotThere() throws IOException, InterruptedException {
    Path missing = folder.resolve("libcuda.so.1");
    assertThat(probe("-Dyololoss.cuda.driver=" + missing, kernels()))
        .contains("JCUDA: backend CUDA is not available: " + missing)
        .contains("PANAMA: backend CUDA is not available: " + missing)
        .contains("(property yololoss.cuda.driver) cannot be loaded")
        .doesNotContain("computes");
  }

  @Test
  @OnEmulatedDevice
  void aNamedDriverThatIsSomethingElse() throws IOException, InterruptedException {
    Path other = Path.of(System.getProperty("java.home"), "lib", System.mapLibraryName("prefs"));
    assertThat(probe("-Dyololoss.cuda.driver=" + other, kernels()))
        .contains("has no function cuInit: it is no NVIDIA driver")
        .doesNotContain("computes");
  }

  @Test
  @OnEmulatedDevice
  void kernelsThatAreNotWhatWasBuilt() throws IOException, InterruptedException {
    Path image = folder.resolve("kernels.fatbin");
    Files.writeString(image, "tampered with");
    Files.writeString(
        folder.resolve("kernels.properties"),
        "compiler=x\nmachine=90\nptx=90\ndriver.version=13000\ndriver.release=580\nsha256=00\n");
    assertThat(probe(driver(), "-Dyololoss.cuda.kernels=" + image))
        .contains("JCUDA: backend CUDA is not available: the kernels " + image)
        .contains("have SHA-256", "built was 00")
        .doesNotContain("computes");
  }

  @Test
  @OnEmulatedDevice
  void kernelsWithoutTheirProperties() throws IOException, InterruptedException {
    Path image = Files.writeString(folder.resolve("alone.fatbin"), "alone");
    assertThat(probe(driver(), "-Dyololoss.cuda.kernels=" + image))
        .contains("backend CUDA is not available: " + image, "alone.properties")
        .doesNotContain("computes");
  }

  @Test
  @OnEmulatedDevice
  void nativeAccessIsDenied() throws IOException, InterruptedException {
    ForkedJvm jvm =
        ForkedJvm.run(
            List.of(
                "--illegal-native-access=deny",
                "--enable-native-access=java.base",
                driver(),
                kernels()),
            CudaProbe.class);
    assertThat(jvm.output())
        .contains("denies native access", "--enable-native-access=ALL-UNNAMED")
        .doesNotContain("computes");
  }
}
