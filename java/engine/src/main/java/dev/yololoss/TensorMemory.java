package dev.yololoss;

/** Where a tensor's elements lie. */
public sealed interface TensorMemory permits HostSegment, DevicePointer {
  /** How many bytes there are. */
  long byteSize();
}
