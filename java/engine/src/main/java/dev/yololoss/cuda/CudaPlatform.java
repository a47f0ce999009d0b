package dev.yololoss.cuda;

import dev.yololoss.CudaBinding;
import dev.yololoss.CudaOptions;
import dev.yololoss.DeviceException;
import java.lang.foreign.SymbolLookup;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;

/**
 * What the backend CUDA finds in this process. Libraries are loaded once; if that fails the reasons
 * are kept and told to everyone who asks.
 */
public final class CudaPlatform {
  private record Library(PanamaBinding panama, String reason) {
    static final Library LOADED = load();

    private static Library load() {
      SymbolLookup library;
      try {
        library = DriverLibrary.load();
      } catch (DriverLibrary.NotHere e) {
        return new Library(null, e.getMessage());
      }
      try {
        return new Library(new PanamaBinding(library), "");
      } catch (NoSuchElementException e) {
        return new Library(
            null,
            DriverLibrary.description()
                + " "
                + e.getMessage()
                + ": it is no NVIDIA driver, or one of a release before 550; install a newer one");
      }
    }
  }

  private record Jcuda(JcudaBinding binding, String reason) {
    static final Jcuda LOADED = load();

    private static Jcuda load() {
      try {
        JcudaLibrary.load();
        return new Jcuda(new JcudaBinding(), "");
      } catch (NoClassDefFoundError e) {
        return new Jcuda(
            null,
            "JCuda is not there ("
                + e.getMessage()
                + "); add org.jcuda:jcuda, or use CudaBinding.PANAMA");
      } catch (UnsatisfiedLinkError e) {
        return new Jcuda(
            null,
            "JCuda's native library cannot be loaded: "
                + e.getMessage()
                + "; or use CudaBinding.PANAMA");
      }
    }
  }

  private record Kernels(KernelImage image, String reason) {
    static final Kernels LOADED = load();

    private static Kernels load() {
      try {
        return new Kernels(KernelImage.load(), "");
      } catch (KernelImage.NotHere e) {
        return new Kernels(null, e.getMessage());
      }
    }
  }

  private final Driver driver;
  private final PanamaBinding panama;
  private final KernelImage image;
  private final int ordinal;

  private CudaPlatform(Driver driver, PanamaBinding panama, KernelImage image, int ordinal) {
    this.driver = driver;
    this.panama = panama;
    this.image = image;
    this.ordinal = ordinal;
  }

  /** Why the backend cannot run with these options, each reason with its cure; empty if it can. */
  public static List<String> reasons(CudaOptions options) {
    List<String> reasons = new ArrayList<>();
    if (Kernels.LOADED.image == null) {
      reasons.add(Kernels.LOADED.reason);
    }
    if (Library.LOADED.panama == null) {
      reasons.add(Library.LOADED.reason);
    } else {
      reasons.addAll(deviceReasons(Library.LOADED.panama, options.device()));
    }
    // without a driver JCuda's library cannot be loaded, and would not say more
    if (options.binding() == CudaBinding.JCUDA
        && Library.LOADED.panama != null
        && Jcuda.LOADED.binding == null) {
      reasons.add(Jcuda.LOADED.reason);
    }
    return List.copyOf(reasons);
  }

  /**
   * What was found.
   *
   * @throws IllegalStateException if there are {@link #reasons}
   */
  static CudaPlatform get(CudaOptions options) {
    List<String> reasons = reasons(options);
    if (!reasons.isEmpty()) {
      throw new IllegalStateException(String.join("; ", reasons));
    }
    PanamaBinding panama = Library.LOADED.panama;
    return new CudaPlatform(
        switch (options.binding()) {
          case JCUDA -> Jcuda.LOADED.binding;
          case PANAMA -> panama;
        },
        panama,
        Kernels.LOADED.image,
        options.device());
  }

  /** Device, binding and kernels in words, where there are no {@link #reasons}. */
  public static String description(CudaOptions options) {
    CudaPlatform platform = get(options);
    int device = platform.panama.deviceGet(options.device());
    return platform.panama.deviceGetName(device)
        + " through "
        + platform.driver
        + ", kernels "
        + platform.image.origin();
  }

  private static List<String> deviceReasons(PanamaBinding driver, int ordinal) {
    try {
      return whatIsWrong(driver, ordinal);
    } catch (DeviceException e) {
      return List.of(e.getMessage() + (e.status() == CudaStatus.NO_DEVICE ? noDevice() : ""));
    }
  }

  private static List<String> whatIsWrong(PanamaBinding driver, int ordinal) {
    KernelImage image = Kernels.LOADED.image;
    // before cuInit, which an old driver may refuse
    int version = driver.driverGetVersion();
    if (image != null && version < image.driverVersion()) {
      return List.of(
          "the NVIDIA driver is one for CUDA "
              + words(version)
              + "; these kernels need CUDA "
              + words(image.driverVersion())
              + ": install driver "
              + image.driverRelease()
              + " or newer");
    }
    driver.init();
    int count = driver.deviceGetCount();
    if (count == 0) {
      return List.of("the NVIDIA driver has no device" + noDevice());
    }
    if (ordinal >= count) {
      return List.of("there is no device " + ordinal + "; allowed are 0.." + (count - 1));
    }
    int capability = capability(driver, driver.deviceGet(ordinal));
    if (image != null && !image.runsOn(capability)) {
      return List.of(
          "device "
              + ordinal
              + " has compute capability "
              + capability / 10.0
              + "; these kernels are for "
              + image.machine().stream().map(m -> Double.toString(m / 10.0)).toList()
              + " and, as PTX, later than "
              + image.portable().stream().map(m -> Double.toString(m / 10.0)).toList()
              + ": use a newer device, or build with the architecture added");
    }
    return List.of();
  }

  static String noDevice() {
    return "; look at nvidia-smi and CUDA_VISIBLE_DEVICES, and in a container pass the devices";
  }

  /** As 90 for 9.0. */
  static int capability(PanamaBinding driver, int device) {
    return 10 * driver.deviceGetAttribute(DeviceAttribute.COMPUTE_CAPABILITY_MAJOR, device)
        + driver.deviceGetAttribute(DeviceAttribute.COMPUTE_CAPABILITY_MINOR, device);
  }

  /** 13000 to 13.0. */
  static String words(int version) {
    return version / 1000 + "." + version % 1000 / 10;
  }

  /** Retains the device's context. */
  CudaContext context() {
    driver.init();
    return new CudaContext(driver, ordinal);
  }

  /** Loads the kernels into a context that is current. */
  KernelModule module() {
    return new KernelModule(driver, panama, image);
  }

  /** What {@link CudaDoctor} tells of the library. */
  static String libraryReason() {
    return Library.LOADED.reason;
  }

  /** Null where the library is missing. */
  static PanamaBinding panama() {
    return Library.LOADED.panama;
  }

  static String jcudaReason() {
    return Jcuda.LOADED.reason;
  }

  static String kernelsReason() {
    return Kernels.LOADED.reason;
  }

  /** Null where there are no kernels. */
  static KernelImage image() {
    return Kernels.LOADED.image;
  }
}
