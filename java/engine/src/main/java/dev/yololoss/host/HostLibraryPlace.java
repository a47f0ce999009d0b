package dev.yololoss.host;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** A place where the native library may be, in the order in which they are tried. */
sealed interface HostLibraryPlace {
  /** The property that names a library to load instead of all others. */
  String PROPERTY = "yololoss.native.library";

  /** Why a place has no library. */
  final class NotHere extends Exception {
    private static final long serialVersionUID = 1L;

    NotHere(String message) {
      super(message);
    }
  }

  String description();

  /** Whether no other place is tried after this one: an explicit wish is not overruled. */
  boolean isRequired();

  void load() throws NotHere;

  static List<HostLibraryPlace> all() {
    String explicit = System.getProperty(PROPERTY);
    return explicit != null
        ? List.of(new Named(explicit))
        : List.of(new LibraryPath(), new InJar(Platform.current()));
  }

  /** The file that the property names. */
  record Named(String file) implements HostLibraryPlace {
    @Override
    public String description() {
      return file + " (property " + PROPERTY + ")";
    }

    @Override
    public boolean isRequired() {
      return true;
    }

    @Override
    @SuppressWarnings("restricted") // loading a library is what this is for
    public void load() throws NotHere {
      try {
        System.load(Path.of(file).toAbsolutePath().toString());
      } catch (UnsatisfiedLinkError | InvalidPathException e) {
        throw new NotHere(description() + ": " + e.getMessage());
      }
    }
  }

  /** {@code java.library.path}. */
  record LibraryPath() implements HostLibraryPlace {
    @Override
    public String description() {
      return System.mapLibraryName("yololoss") + " on java.library.path";
    }

    @Override
    public boolean isRequired() {
      return false;
    }

    @Override
    @SuppressWarnings("restricted") // loading a library is what this is for
    public void load() throws NotHere {
      try {
        System.loadLibrary("yololoss");
      } catch (UnsatisfiedLinkError e) {
        throw new NotHere(description() + ": " + e.getMessage());
      }
    }
  }

  /**
   * The jar, unpacked into a directory of our own, compared with the digest that was taken when it
   * was built, loaded and deleted.
   */
  record InJar(Platform platform) implements HostLibraryPlace {
    @Override
    public String description() {
      return platform.resource() + " in the jar";
    }

    @Override
    public boolean isRequired() {
      return false;
    }

    @Override
    @SuppressWarnings("restricted") // loading a library is what this is for
    public void load() throws NotHere {
      byte[] library = read();
      String digest = sha256(library);
      if (!digest.equals(HostLibraryDigest.SHA256)) {
        throw new NotHere(
            description() + " has SHA-256 " + digest + "; built was " + HostLibraryDigest.SHA256);
      }
      try {
        Path directory =
            Files.createTempDirectory(
                "yololoss",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Path file = directory.resolve(platform.fileName());
        try {
          Files.write(file, library);
          System.load(file.toString());
        } finally {
          Files.deleteIfExists(file);
          Files.deleteIfExists(directory);
        }
      } catch (IOException | UnsatisfiedLinkError e) {
        throw new NotHere(
            description()
                + " could not be loaded from "
                + System.getProperty("java.io.tmpdir")
                + ": "
                + e);
      }
    }

    private byte[] read() throws NotHere {
      try (InputStream in = HostLibraryPlace.class.getResourceAsStream(platform.resource())) {
        return Optional.ofNullable(in)
            .orElseThrow(
                () ->
                    new NotHere(
                        description()
                            + ": not there; the build for it needs cmake 3.22 and a C++20"
                            + " compiler"))
            .readAllBytes();
      } catch (IOException e) {
        throw new NotHere(description() + ": " + e.getMessage());
      }
    }

    private static String sha256(byte[] bytes) {
      try {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("every Java has SHA-256", e);
      }
    }
  }

  /** Operating system and processor, as the jar's folders name them. */
  record Platform(String system, String processor) {
    static Platform current() {
      String system =
          System.getProperty("os.name").toLowerCase(Locale.ROOT).replaceAll("\\s.*", "");
      String processor = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
      return new Platform(system, processor.equals("amd64") ? "x86_64" : processor);
    }

    String fileName() {
      return System.mapLibraryName("yololoss");
    }

    String resource() {
      return "/dev/yololoss/native/" + system + "-" + processor + "/" + fileName();
    }
  }
}
