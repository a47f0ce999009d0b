package dev.yololoss.cuda;

import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Properties;

/**
 * The compiled kernels and what their build has written about them.
 *
 * @param bytes a fatbin: machine code for some architectures, PTX for later ones
 * @param origin where it was found
 * @param compiler which nvcc has made it
 * @param driverVersion the least that {@code cuDriverGetVersion} must say
 * @param driverRelease the least release of the NVIDIA driver, for people
 * @param machine architectures with machine code, as 90 for compute capability 9.0
 * @param portable architectures with PTX
 */
record KernelImage(
    byte[] bytes,
    String origin,
    String compiler,
    int driverVersion,
    String driverRelease,
    List<Integer> machine,
    List<Integer> portable) {
  /** Names a fatbin to load instead of the jar's; its properties lie beside it. */
  static final String PROPERTY = "yololoss.cuda.kernels";

  private static final String FATBIN = "/dev/yololoss/cuda/kernels.fatbin";
  private static final String PROPERTIES = "/dev/yololoss/cuda/kernels.properties";

  /** There are no kernels. The message says why. */
  static final class NotHere extends Exception {
    private static final long serialVersionUID = 1L;

    NotHere(String message) {
      super(message);
    }
  }

  /** Reads the kernels, and compares them with the digest that was taken when they were built. */
  static KernelImage load() throws NotHere {
    String named = System.getProperty(PROPERTY);
    try {
      return named == null ? inJar() : inFile(named);
    } catch (IOException | InvalidPathException e) {
      throw new NotHere(
          (named == null ? FATBIN : named + " (property " + PROPERTY + ")") + ": " + e);
    }
  }

  private static KernelImage inJar() throws IOException, NotHere {
    Optional<byte[]> fatbin = resource(FATBIN);
    Optional<byte[]> properties = resource(PROPERTIES);
    if (fatbin.isEmpty() || properties.isEmpty()) {
      throw new NotHere("this build has no CUDA kernels; building them needs nvcc 13.0");
    }
    return of(
        fatbin.get(),
        "in the jar",
        new String(properties.get(), StandardCharsets.UTF_8),
        FATBIN.substring(FATBIN.lastIndexOf('/') + 1));
  }

  private static KernelImage inFile(String named) throws IOException, NotHere {
    Path file = Path.of(named);
    Path properties =
        file.resolveSibling(
            file.getFileName().toString().replaceFirst("\\.[^.]*$", "") + ".properties");
    return of(
        Files.readAllBytes(file),
        named + " (property " + PROPERTY + ")",
        Files.readString(properties),
        properties.toString());
  }

  private static Optional<byte[]> resource(String name) throws IOException {
    try (InputStream in = KernelImage.class.getResourceAsStream(name)) {
      return in == null ? Optional.empty() : Optional.of(in.readAllBytes());
    }
  }

  private static KernelImage of(byte[] fatbin, String origin, String text, String source)
      throws IOException, NotHere {
    Properties properties = new Properties();
    properties.load(new StringReader(text));
    String digest = sha256(fatbin);
    if (!digest.equals(properties.getProperty("sha256"))) {
      throw new NotHere(
          "the kernels "
              + origin
              + " have SHA-256 "
              + digest
              + "; built was "
              + properties.getProperty("sha256"));
    }
    try {
      return new KernelImage(
          fatbin,
          origin,
          require(properties, "compiler", source),
          Integer.parseInt(require(properties, "driver.version", source)),
          require(properties, "driver.release", source),
          numbers(require(properties, "machine", source)),
          numbers(require(properties, "ptx", source)));
    } catch (NumberFormatException e) {
      throw new NotHere(source + ": " + e.getMessage());
    }
  }

  private static String require(Properties properties, String key, String source) throws NotHere {
    String value = properties.getProperty(key);
    if (value == null) {
      throw new NotHere(source + " says nothing about \"" + key + "\"");
    }
    return value.trim();
  }

  private static List<Integer> numbers(String text) {
    return Arrays.stream(text.split(","))
        .map(String::trim)
        .filter(word -> !word.isEmpty())
        .map(Integer::valueOf)
        .toList();
  }

  /**
   * Whether a device can run them: machine code goes with later minor versions of its major, PTX
   * with all later ones.
   *
   * @param capability as 90 for compute capability 9.0
   */
  boolean runsOn(int capability) {
    return machine.stream().anyMatch(m -> m / 10 == capability / 10 && m <= capability)
        || portable.stream().anyMatch(p -> p <= capability);
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
