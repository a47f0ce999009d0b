#include "kernel_registry.h"
#include "planted_kernels.h"

namespace yololoss::emulator {

const std::vector<Kernel>& registered_kernels() {
  static const std::vector<Kernel> kernels{
      YOLOLOSS_KERNEL(adds_one, 32),
      YOLOLOSS_KERNEL(arguments_apart, 32),
      YOLOLOSS_KERNEL(block_sum, 256),
      YOLOLOSS_KERNEL(copies_through, 32),
      YOLOLOSS_KERNEL(fill, 256),
      YOLOLOSS_KERNEL(reads_past_shared_memory, 32),
      YOLOLOSS_KERNEL(reads_past_the_end, 256),
      YOLOLOSS_KERNEL(two_barriers, 256),
      YOLOLOSS_KERNEL(writes_past_the_end, 256),
      YOLOLOSS_KERNEL(writes_through, 32),
  };
  return kernels;
}

}  // namespace yololoss::emulator
