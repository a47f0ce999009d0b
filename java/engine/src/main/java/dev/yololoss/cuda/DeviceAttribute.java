package dev.yololoss.cuda;

/** What a device can be asked: {@code CUdevice_attribute}. */
enum DeviceAttribute {
  COMPUTE_CAPABILITY_MAJOR(75),
  COMPUTE_CAPABILITY_MINOR(76),
  MULTIPROCESSOR_COUNT(16);

  private final int code;

  DeviceAttribute(int code) {
    this.code = code;
  }

  int code() {
    return code;
  }
}
