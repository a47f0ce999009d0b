package dev.yololoss.cuda;

import dev.yololoss.DeviceException;
import dev.yololoss.Doctor.Finding;
import java.util.ArrayList;
import java.util.List;

/** What stands between this machine and the backend CUDA, piece by piece. */
public final class CudaDoctor {
  private CudaDoctor() {}

  /** Looks at kernels, driver, devices and JCuda; throws nothing that a driver answers. */
  public static List<Finding> examine() {
    List<Finding> findings = new ArrayList<>();
    findings.add(kernels());
    PanamaBinding driver = CudaPlatform.panama();
    if (driver == null) {
      findings.add(Finding.wrong("NVIDIA driver", CudaPlatform.libraryReason()));
      findings.add(Finding.wrong("JCuda", "cannot be tried without a driver"));
      return findings;
    }
    try {
      findings.add(driver(driver));
      driver.init();
      findings.addAll(devices(driver));
    } catch (DeviceException e) {
      findings.add(Finding.wrong("CUDA devices", e.getMessage()));
    }
    findings.add(
        CudaPlatform.jcudaReason().isEmpty()
            ? Finding.good("JCuda", JcudaLibrary.name())
            : Finding.wrong("JCuda", CudaPlatform.jcudaReason()));
    return findings;
  }

  private static Finding kernels() {
    KernelImage image = CudaPlatform.image();
    return image == null
        ? Finding.wrong("CUDA kernels", CudaPlatform.kernelsReason())
        : Finding.good(
            "CUDA kernels",
            image.origin()
                + ", by "
                + image.compiler()
                + ", machine code for "
                + image.machine()
                + ", PTX for "
                + image.portable()
                + ", SHA-256 as built");
  }

  private static Finding driver(PanamaBinding driver) {
    int version = driver.driverGetVersion();
    String found = DriverLibrary.description() + ", for CUDA " + CudaPlatform.words(version);
    KernelImage image = CudaPlatform.image();
    return image == null || version >= image.driverVersion()
        ? Finding.good("NVIDIA driver", found)
        : Finding.wrong(
            "NVIDIA driver",
            found
                + "; the kernels need CUDA "
                + CudaPlatform.words(image.driverVersion())
                + ": install driver "
                + image.driverRelease()
                + " or newer");
  }

  private static List<Finding> devices(PanamaBinding driver) {
    int count = driver.deviceGetCount();
    List<Finding> findings = new ArrayList<>();
    for (int ordinal = 0; ordinal < count; ordinal++) {
      int device = driver.deviceGet(ordinal);
      int capability = CudaPlatform.capability(driver, device);
      String words =
          driver.deviceGetName(device)
              + ", compute capability "
              + capability / 10.0
              + ", "
              + (driver.deviceTotalMem(device) >> 20)
              + " MiB";
      KernelImage image = CudaPlatform.image();
      findings.add(
          image == null || image.runsOn(capability)
              ? Finding.good("CUDA device " + ordinal, words)
              : Finding.wrong("CUDA device " + ordinal, words + "; the kernels are not for it"));
    }
    if (count == 0) {
      findings.add(Finding.wrong("CUDA devices", "the driver has none" + CudaPlatform.noDevice()));
    }
    return findings;
  }
}
