package dev.yololoss.djl;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import ai.djl.Device;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The few functions of libtorch's stable C interface ({@code torch/csrc/inductor/aoti_torch}) that
 * give and take addresses. A tensor is a pointer to {@code at::Tensor}, which is what DJL's handles
 * are.
 */
final class TorchFunctions {
  private static final String DATA_POINTER = "aoti_torch_get_data_ptr";
  private static final String STRIDES = "aoti_torch_get_strides";
  private static final String FROM_BLOB = "aoti_torch_create_tensor_from_blob";
  private static final String FLOAT32 = "aoti_torch_dtype_float32";
  private static final String CPU = "aoti_torch_device_type_cpu";
  private static final String CUDA = "aoti_torch_device_type_cuda";

  private final MethodHandle dataPointer;
  private final MethodHandle strides;
  private final MethodHandle fromBlob;
  private final int float32;
  private final int cpu;
  private final int cuda;

  private TorchFunctions(SymbolLookup torch) {
    FunctionDescriptor question = FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS);
    dataPointer = function(torch, DATA_POINTER, question);
    strides = function(torch, STRIDES, question);
    fromBlob =
        function(
            torch,
            FROM_BLOB,
            FunctionDescriptor.of(
                JAVA_INT, ADDRESS, JAVA_LONG, ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT,
                JAVA_INT, ADDRESS));
    float32 = number(torch, FLOAT32);
    cpu = number(torch, CPU);
    cuda = number(torch, CUDA);
  }

  /**
   * The functions of the PyTorch that this class's loader has loaded; empty if that is not loaded
   * or does not export them.
   */
  static Optional<TorchFunctions> find() {
    SymbolLookup torch = SymbolLookup.loaderLookup();
    boolean all =
        Stream.of(DATA_POINTER, STRIDES, FROM_BLOB, FLOAT32, CPU, CUDA)
            .allMatch(name -> torch.find(name).isPresent());
    return all ? Optional.of(new TorchFunctions(torch)) : Optional.empty();
  }

  /** Writes the address of a tensor's first element. */
  void dataPointer(MemorySegment tensor, MemorySegment answer) {
    require(DATA_POINTER, () -> (int) dataPointer.invokeExact(tensor, answer));
  }

  /** Writes the address of a tensor's strides, one long per dimension, in elements. */
  void strides(MemorySegment tensor, MemorySegment answer) {
    require(STRIDES, () -> (int) strides.invokeExact(tensor, answer));
  }

  /** The handle of a new tensor of one dimension, float32, over memory of that device. */
  long tensorFromBlob(MemorySegment memory, long elements, Device device) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment sizes = arena.allocateFrom(JAVA_LONG, elements);
      MemorySegment steps = arena.allocateFrom(JAVA_LONG, 1);
      MemorySegment tensor = arena.allocate(ADDRESS);
      int kind = device.isGpu() ? cuda : cpu;
      int number = device.isGpu() ? device.getDeviceId() : 0;
      require(
          FROM_BLOB,
          () ->
              (int)
                  fromBlob.invokeExact(
                      memory, 1L, sizes, steps, 0L, float32, kind, number, tensor));
      return tensor.get(ADDRESS, 0).address();
    }
  }

  private interface Call {
    int run() throws Throwable;
  }

  private static void require(String name, Call call) {
    if (unchecked(name, call) != 0) {
      throw new IllegalStateException("PyTorch's " + name + " failed; it says why on stderr");
    }
  }

  private static int unchecked(String name, Call call) {
    try {
      return call.run();
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("PyTorch's " + name + " failed", e);
    }
  }

  private static int number(SymbolLookup torch, String name) {
    MethodHandle function = function(torch, name, FunctionDescriptor.of(JAVA_INT));
    return unchecked(name, () -> (int) function.invokeExact());
  }

  @SuppressWarnings("restricted")
  private static MethodHandle function(
      SymbolLookup torch, String name, FunctionDescriptor descriptor) {
    return Linker.nativeLinker().downcallHandle(torch.findOrThrow(name), descriptor);
  }
}
