package dev.yololoss.cuda;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.yololoss.DenseTensor;
import dev.yololoss.DeviceException;
import dev.yololoss.DevicePointer;
import dev.yololoss.EngineOptions;
import dev.yololoss.HostSegment;
import dev.yololoss.TensorException;
import dev.yololoss.backend.OperationsExecutor;
import dev.yololoss.spec.Overlap;
import dev.yololoss.spec.OverlapConvention;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The single operations on a CUDA device. Each waits until it is done. */
public final class CudaOperations implements OperationsExecutor {
  private static final int MOST_BLOCKS = 4096;
  private static final int CATEGORIES_NONE = 0;

  private final CudaContext context;
  private final CloseAll resources = new CloseAll();
  private final WorkStream work;
  private final long stream;
  private final Kernel pairwiseIou;
  private final KernelArguments pairwiseArguments;
  private final Kernel sigmoidBce;
  private final KernelArguments sigmoidArguments;

  public CudaOperations(EngineOptions options) {
    CudaPlatform platform = CudaPlatform.get(options.cuda());
    context = platform.context();
    try {
      context.enter();
      try {
        Arena arena = resources.add(Arena.ofShared());
        work = WorkStream.of(context.driver(), options.cuda(), resources);
        stream = work.handle();
        KernelModule module = resources.add(platform.module());
        pairwiseArguments =
            new KernelArguments(
                arena,
                List.of(
                    JAVA_INT,
                    JAVA_INT,
                    JAVA_LONG,
                    DeviceLayouts.ELEMENTS,
                    DeviceLayouts.ELEMENTS,
                    DeviceLayouts.ELEMENTS,
                    DeviceLayouts.ELEMENTS));
        pairwiseIou = module.kernel("pairwise_iou", pairwiseArguments);
        sigmoidArguments =
            new KernelArguments(
                arena,
                List.of(
                    JAVA_LONG,
                    DeviceLayouts.SIGMOID_BCE_OPTIONS,
                    DeviceLayouts.ELEMENTS,
                    DeviceLayouts.ELEMENTS,
                    DeviceLayouts.ELEMENTS,
                    DeviceLayouts.ELEMENTS));
        sigmoidBce = module.kernel("sigmoid_bce", sigmoidArguments);
      } catch (RuntimeException | Error e) {
        context.leaveAfter(e);
        throw e;
      }
      context.leave();
    } catch (DeviceException e) {
      DeviceException told = context.failed(e);
      context.closeAfter(told, resources);
      throw told;
    } catch (RuntimeException | Error e) {
      context.closeAfter(e, resources);
      throw e;
    }
  }

  @Override
  public void overlap(
      Overlap kind,
      OverlapConvention convention,
      DenseTensor a,
      DenseTensor b,
      DenseTensor value,
      Optional<DenseTensor> gradient) {
    run(
        a.rows(),
        pairwiseIou,
        call -> {
          pairwiseArguments.set(0, kind.ordinal()).set(1, convention.ordinal()).set(2, a.rows());
          elements(pairwiseArguments.value(3), a, call.read("a", a));
          elements(pairwiseArguments.value(4), b, call.read("b", b));
          elements(pairwiseArguments.value(5), value, call.write("value", value));
          gradient(pairwiseArguments.value(6), gradient, call);
        });
  }

  @Override
  public void sigmoidBce(
      DenseTensor logits,
      DenseTensor targets,
      double positiveWeight,
      double gradientScale,
      DenseTensor value,
      Optional<DenseTensor> gradient) {
    run(
        logits.rows() * logits.columns(),
        sigmoidBce,
        call -> {
          sigmoidArguments.set(0, logits.rows() * logits.columns());
          new StructWriter(sigmoidArguments.value(1), DeviceLayouts.SIGMOID_BCE_OPTIONS)
              .put("positive_weight", positiveWeight)
              .put("gradient_scale", gradientScale)
              .put("categories", (long) CATEGORIES_NONE);
          elements(sigmoidArguments.value(2), logits, call.read("logits", logits));
          elements(sigmoidArguments.value(3), targets, call.read("targets", targets));
          elements(sigmoidArguments.value(4), value, call.write("value", value));
          gradient(sigmoidArguments.value(5), gradient, call);
        });
  }

  private static void gradient(MemorySegment to, Optional<DenseTensor> gradient, Call call) {
    if (gradient.isPresent()) {
      elements(to, gradient.get(), call.write("gradient", gradient.get()));
    } else {
      new StructWriter(to, DeviceLayouts.ELEMENTS).put("type", 0).put("data", 0L);
    }
  }

  private static void elements(MemorySegment to, DenseTensor tensor, long address) {
    new StructWriter(to, DeviceLayouts.ELEMENTS)
        .put("type", tensor.type().ordinal())
        .put("data", address);
  }

  private interface Arguments {
    void write(Call call);
  }

  private void run(long count, Kernel kernel, Arguments arguments) {
    if (count == 0) {
      return;
    }
    context.call(
        () -> {
          work.requireNotCapturing("an operation");
          try (Call call = new Call()) {
            arguments.write(call);
            kernel.on(stream, Math.clamp(Math.ceilDiv(count, Kernel.THREADS), 1, MOST_BLOCKS));
            call.finish();
          }
          return count;
        });
  }

  /** The memory of one call. */
  private final class Call implements AutoCloseable {
    private record Written(DenseTensor tensor, DeviceMemory from, PinnedMemory through) {}

    private final CloseAll buffers = new CloseAll();
    private final List<Written> written = new ArrayList<>();

    /** Where the device can read a tensor. */
    long read(String name, DenseTensor tensor) {
      return switch (tensor.place()) {
        case DevicePointer pointer -> checked(name, pointer, tensor);
        case HostSegment(MemorySegment segment) -> {
          DeviceMemory there = buffers.add(new DeviceMemory(context, bytes(tensor)));
          PinnedMemory through = buffers.add(new PinnedMemory(context, bytes(tensor)));
          MemorySegment.copy(segment, 0, through.segment(), 0, bytes(tensor));
          context
              .driver()
              .memcpyHtoDAsync(there.address(), through.segment(), bytes(tensor), stream);
          yield there.address();
        }
      };
    }

    /** Where the device can write a tensor. */
    long write(String name, DenseTensor tensor) {
      return switch (tensor.place()) {
        case DevicePointer pointer -> checked(name, pointer, tensor);
        case HostSegment _ -> {
          DeviceMemory there = buffers.add(new DeviceMemory(context, bytes(tensor)));
          PinnedMemory through = buffers.add(new PinnedMemory(context, bytes(tensor)));
          written.add(new Written(tensor, there, through));
          yield there.address();
        }
      };
    }

    private long checked(String name, DevicePointer pointer, DenseTensor tensor) {
      if (pointer.address() % tensor.type().bytes() != 0 || pointer.device() != context.ordinal()) {
        throw new TensorException(
            name
                + " lies at "
                + pointer
                + "; must be on device "
                + context.ordinal()
                + " at a multiple of "
                + tensor.type().bytes());
      }
      new CheckPointers(context.driver(), context.ordinal()).require(name, pointer, bytes(tensor));
      return pointer.address();
    }

    /** Copies what was written to this machine, and waits. */
    void finish() {
      for (Written w : written) {
        context
            .driver()
            .memcpyDtoHAsync(w.through.segment(), w.from.address(), bytes(w.tensor), stream);
      }
      context.driver().streamSynchronize(stream);
      for (Written w : written) {
        MemorySegment.copy(w.through.segment(), 0, w.tensor.memory(), 0, bytes(w.tensor));
      }
    }

    private static long bytes(DenseTensor tensor) {
      return tensor.rows() * tensor.columns() * tensor.type().bytes();
    }

    @Override
    public void close() {
      try (buffers) {
        context.driver().streamSynchronize(stream);
      }
    }
  }

  @Override
  public void close() {
    context.closeWith(resources);
  }
}
