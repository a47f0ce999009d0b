package dev.yololoss;

import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Preset;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Many steps of changing shapes and many engines, in a JVM of a fixed heap; prints what the process
 * holds after a third of them and after all.
 */
final class LeakProbe {
  private static final Pattern OFF_HEAP = Pattern.compile("Other \\(reserved=(\\d+)KB");
  private static final List<LossEngine> FORGOTTEN = new ArrayList<>();

  private LeakProbe() {}

  /** STEPS, and "leak" for the negative control. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    int steps = Integer.parseInt(arguments[0]);
    boolean leaks = arguments.length > 1;
    List<Preset> presets = List.of(Preset.YOLOV5, Preset.YOLOV3_BCE, Preset.DARKNET);
    List<LossEngine> engines =
        presets.stream()
            .map(
                p ->
                    LossEngine.open(
                        SmallCase.spec(p, SmallCase.TWO_HEADS),
                        EngineOptions.on(Backend.NATIVE).withThreads(2)))
            .toList();
    List<RandomCase> shapes = new ArrayList<>();
    for (int n = 1; n <= 6; n++) {
      LossSpec spec = engines.get(n % presets.size()).spec();
      shapes.add(SmallCase.of(spec, n, 64 * n, 32 * (1 + n % 3)));
    }
    Random random = new Random(1);
    for (int phase = 0; phase < 3; phase++) {
      for (int n = 0; n < steps / 3; n++) {
        int which = random.nextInt(shapes.size());
        LossEngine engine = engines.get((which + 1) % presets.size());
        step(engine, shapes.get(which), random);
        if (n % 25 == 0) {
          cycle(engine.spec(), shapes.get(which), leaks);
        }
      }
      if (phase == 0 || phase == 2) {
        print(phase == 0 ? "before" : "after");
      }
    }
    engines.forEach(LossEngine::close);
  }

  private static void step(LossEngine engine, RandomCase shape, Random random) {
    Targets.Builder targets = Targets.builder();
    int most = random.nextInt(20) == 0 ? 300 : 8;
    for (int n = random.nextInt(most); n > 0; n--) {
      targets.add(
          random.nextInt(3),
          random.nextInt(3),
          random.nextDouble(),
          random.nextDouble(),
          0.05 + 0.5 * random.nextDouble(),
          0.05 + 0.5 * random.nextDouble());
    }
    engine.compute(shape.predictions(), targets.build());
    switch (random.nextInt(10)) {
      case 0 -> engine.value(shape.predictions(), targets.build());
      case 1 -> engine.decode(shape.predictions());
      case 2 -> {
        try {
          engine.compute(shape.predictions(), Targets.builder().add(9, 9, 2, 2, 0, 0).build());
        } catch (TargetException e) {
          // a step that fails must not leak either
        }
      }
      default -> {}
    }
  }

  private static void cycle(LossSpec spec, RandomCase shape, boolean leaks) {
    LossEngine engine = LossEngine.open(spec, EngineOptions.on(Backend.NATIVE).withThreads(3));
    engine.compute(shape.predictions(), shape.targets());
    LossOperations.open(EngineOptions.on(Backend.NATIVE).withThreads(3)).close();
    if (leaks) {
      FORGOTTEN.add(engine);
    } else {
      engine.close();
    }
  }

  private static void print(String when) throws IOException, InterruptedException {
    for (int n = 0; n < 3; n++) {
      System.gc(); // what an automatic arena holds is freed after a collection
      Thread.sleep(50);
    }
    long offHeap = offHeap(); // first: asking opens a socket in this JVM, which stays
    long descriptors;
    try (var files = Files.list(Path.of("/proc/self/fd"))) {
      descriptors = files.count();
    }
    System.out.println(
        when
            + " residentKb="
            + status("VmRSS")
            + " offHeapKb="
            + offHeap
            + " descriptors="
            + descriptors
            + " threads="
            + status("Threads"));
  }

  private static long status(String key) throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith(key + ":"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .findFirst()
        .orElseThrow();
  }

  /** What the JVM has handed out to arenas and buffers. */
  private static long offHeap() throws IOException, InterruptedException {
    Process jcmd =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                Long.toString(ProcessHandle.current().pid()),
                "VM.native_memory",
                "summary")
            .start();
    String text;
    try (var in = jcmd.getInputStream()) {
      text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
    jcmd.getErrorStream().close();
    jcmd.getOutputStream().close();
    jcmd.waitFor();
    Matcher matcher = OFF_HEAP.matcher(text);
    return matcher.find() ? Long.parseLong(matcher.group(1)) : 0;
  }
}
