// The kernels of cuda/kernels, compiled as C++ for the emulated driver: include each, and register it with its bound of
// threads in a block.
#include "assign_targets.cu"
#include "clear_gradients.cu"
#include "decode.cu"
#include "device_layout.h"
#include "emulator.h"
#include "kernel_registry.h"
#include "pairwise_iou.cu"
#include "search_ignored.cu"
#include "sigmoid_bce.cu"
#include "yolo_loss.cu"

namespace yololoss::emulator {

template <>
struct HasOwnAllocation<Plan> : std::true_type {};
template <>
struct HasOwnAllocation<StepResult> : std::true_type {};

const std::vector<Kernel>& registered_kernels() {
  static const std::vector<Kernel> kernels{YOLOLOSS_KERNEL(assign_targets, kBlockThreads),
                                           YOLOLOSS_KERNEL(clear_gradients, kBlockThreads),
                                           YOLOLOSS_KERNEL(decode, kBlockThreads),
                                           YOLOLOSS_KERNEL(pairwise_iou, kBlockThreads),
                                           YOLOLOSS_KERNEL(search_ignored, kBlockThreads),
                                           KernelOf<&::sigmoid_bce>::named("sigmoid_bce", kBlockThreads),
                                           YOLOLOSS_KERNEL(yolo_loss, kBlockThreads),
                                           YOLOLOSS_KERNEL(yolo_loss_and_ignored, kBlockThreads),
                                           YOLOLOSS_KERNEL(yolo_loss_and_special, kBlockThreads)};
  return kernels;
}

}  // namespace yololoss::emulator

const char* yl_emulator_layout(void) { return yololoss::device_layout_text(); }
