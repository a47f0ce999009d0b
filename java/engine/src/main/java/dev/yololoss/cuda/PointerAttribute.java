package dev.yololoss.cuda;

/** What an address can be asked: {@code CUpointer_attribute}. */
enum PointerAttribute {
  /** {@link #DEVICE_MEMORY}, or another for memory of this machine. */
  MEMORY_TYPE(2),
  /** Which device the memory is of. */
  DEVICE_ORDINAL(9),
  /** The first address of the allocation. */
  RANGE_START(11),
  /** Bytes of the allocation. */
  RANGE_SIZE(12);

  /** {@code CU_MEMORYTYPE_DEVICE}. */
  static final int DEVICE_MEMORY = 2;

  private final int code;

  PointerAttribute(int code) {
    this.code = code;
  }

  int code() {
    return code;
  }
}
