package dev.yololoss.cuda;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import jcuda.CudaException;
import jcuda.JCudaVersion;
import jcuda.LibUtils;
import jcuda.driver.JCudaDriver;

/**
 * Loads JCuda's native library out of its jar.
 *
 * <p>JCuda's own loader writes to a fixed name in the temporary directory, and loads whatever
 * already lies there. So the directory is one of ours, for us alone, while JCuda initialises; the
 * library is put there beforehand, since JCuda does not find it on a module path.
 */
final class JcudaLibrary {
  private static final String TEMPORARY = "java.io.tmpdir";

  private JcudaLibrary() {}

  /**
   * Loads the library, once the driver's is loaded.
   *
   * @throws UnsatisfiedLinkError with the reason
   */
  static synchronized void load() {
    String file = LibUtils.createLibraryFileName(name());
    try {
      Path directory =
          Files.createTempDirectory(
              "yololoss",
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      try {
        Files.write(directory.resolve(file), read("lib/" + file));
        initialise(directory);
      } finally {
        remove(directory.resolve(file));
        remove(directory);
      }
    } catch (IOException e) {
      throw (UnsatisfiedLinkError)
          new UnsatisfiedLinkError(
                  "JCuda's native library could not be unpacked into "
                      + System.getProperty(TEMPORARY)
                      + ": "
                      + e)
              .initCause(e);
    }
  }

  /** What cannot be removed now may be later; the library is loaded all the same. */
  private static void remove(Path path) {
    try {
      Files.deleteIfExists(path);
    } catch (IOException e) {
      path.toFile().deleteOnExit();
    }
  }

  /** JCuda's version and platform, as its library is named. */
  static String name() {
    return LibUtils.createPlatformLibraryName("JCudaDriver-" + JCudaVersion.get());
  }

  private static void initialise(Path directory) {
    String before = System.getProperty(TEMPORARY);
    System.setProperty(TEMPORARY, directory.toString());
    try {
      JCudaDriver.cuDriverGetVersion(new int[1]); // the first use of the class loads the library
    } catch (CudaException e) {
      // loaded, in a program that lets JCuda throw; what the driver answers is asked for later
    } catch (NoClassDefFoundError e) {
      throw (UnsatisfiedLinkError)
          new UnsatisfiedLinkError("JCuda has failed to initialise before: " + e.getMessage())
              .initCause(e);
    } finally {
      System.setProperty(TEMPORARY, before);
    }
  }

  private static byte[] read(String resource) throws IOException {
    try (InputStream in = JCudaDriver.class.getClassLoader().getResourceAsStream(resource)) {
      return Optional.ofNullable(in)
          .orElseThrow(
              () ->
                  new IOException(
                      resource
                          + " is in no jar; add org.jcuda:jcuda-natives with the classifier of this"
                          + " platform"))
          .readAllBytes();
    }
  }
}
