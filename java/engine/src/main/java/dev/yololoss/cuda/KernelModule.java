package dev.yololoss.cuda;

import dev.yololoss.DeviceException;
import java.lang.foreign.MemoryLayout;
import java.util.List;

/** The kernels in one context. */
final class KernelModule extends DriverObject {
  private final PanamaBinding panama;

  /**
   * @param panama for what JCuda does not have
   */
  KernelModule(Driver driver, PanamaBinding panama, KernelImage image) {
    super(driver, driver.moduleLoadData(image.bytes()));
    this.panama = panama;
  }

  /**
   * A kernel by its name.
   *
   * @throws DeviceException if there is none of this name
   * @throws IllegalStateException if its parameters have other sizes than the arguments
   */
  Kernel kernel(String name, KernelArguments arguments) {
    long function = driver().moduleGetFunction(handle(), name);
    requireSizes(name, function, arguments.types());
    return new Kernel(name, driver().launchKernel(function, arguments));
  }

  /** A kernel reads its arguments as its own parameters say, whatever lies there. */
  private void requireSizes(String name, long function, List<MemoryLayout> types) {
    for (int n = 0; n <= types.size(); n++) {
      long expected = n < types.size() ? types.get(n).byteSize() : -1;
      long found = panama.funcGetParamSize(function, n);
      if (found != expected) {
        throw new IllegalStateException(
            "kernel "
                + name
                + ": parameter "
                + n
                + words(found)
                + "; the argument"
                + words(expected)
                + ": kernels and classes are of different builds");
      }
    }
  }

  private static String words(long bytes) {
    return bytes < 0 ? " is missing" : " has " + bytes + " bytes";
  }

  @Override
  void destroy(long module) {
    driver().moduleUnload(module);
  }
}
