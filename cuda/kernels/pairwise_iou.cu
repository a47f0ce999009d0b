// IoU, GIoU, DIoU or CIoU of n pairs of boxes, and the derivative by the first box of each.
//
//   kind, convention  Overlap, OverlapConvention
//   a, b      [n, 4]  read once: x, y, width, height
//   value     [n]     written once
//   gradient  [n, 4]  written once; data may be null
//
// Launch: any number of blocks of 256 threads (grid-stride). Moves 13 elements a pair, 9 without gradient. In double. Deterministic.
#include "device.h"
#include "yololoss/element.h"
#include "yololoss/overlap.h"

namespace yololoss {
namespace {

__device__ Box box_at(const Elements& boxes, long long row) {
  double v[4];
  for (int k = 0; k < 4; ++k) v[k] = load_element(boxes.type, boxes.data, 4 * row + k);
  return {v[0], v[1], v[2], v[3]};
}

}  // namespace
}  // namespace yololoss

extern "C" __global__ void __launch_bounds__(yololoss::kBlockThreads)
    pairwise_iou(int kind, int convention, long long n, yololoss::Elements a, yololoss::Elements b, yololoss::Elements value,
                 yololoss::Elements gradient) {
  using namespace yololoss;
  const long long threads = static_cast<long long>(gridDim.x) * kBlockThreads;
  for (long long row = static_cast<long long>(blockIdx.x) * kBlockThreads + threadIdx.x; row < n; row += threads) {
    const OverlapValue result =
        overlap(static_cast<Overlap>(kind), static_cast<OverlapConvention>(convention), box_at(a, row), box_at(b, row));
    store_element_exactly(value.type, value.data, row, result.value);
    for (int k = 0; gradient.data && k < 4; ++k) store_element_exactly(gradient.type, gradient.data, 4 * row + k, result.slope[k]);
  }
}
