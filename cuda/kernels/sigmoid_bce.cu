// Binary cross-entropy of a sigmoid from its logit, value and gradient in one pass, for dense or one-hot targets.
//
//   logits    [n]  read once
//   targets   [n]  read once where options.categories is null: in [0, 1]
//   options   categories [n / classes]: else the one class of each row that is asked for, smoothed by label_smoothing; focal_gamma 0 means
//   no
//             focal factor; gradient_scale multiplies the gradient before it is rounded
//   value     [n]  written once, not scaled
//   gradient  [n]  written once; data may be null
//
// Launch: any number of blocks of 256 threads (grid-stride). Moves 4 elements, or 3 for one-hot targets. In double, so that elements of any
// type get the nearest value. Deterministic.
#include "device.h"
#include "yololoss/element.h"
#include "yololoss/sigmoid_bce.h"

namespace yololoss {
namespace {

__device__ double target_at(const SigmoidBceOptions& options, const Elements& targets, long long i) {
  if (!options.categories) return load_element(targets.type, targets.data, i);
  const double eps = options.label_smoothing;
  return i % options.classes == options.categories[i / options.classes] ? (1 - eps) + eps / 2 : eps / 2;
}

}  // namespace
}  // namespace yololoss

extern "C" __global__ void __launch_bounds__(yololoss::kBlockThreads)
    sigmoid_bce(long long n, yololoss::SigmoidBceOptions options, yololoss::Elements logits, yololoss::Elements targets,
                yololoss::Elements value, yololoss::Elements gradient) {
  using namespace yololoss;
  const long long threads = static_cast<long long>(gridDim.x) * kBlockThreads;
  for (long long i = static_cast<long long>(blockIdx.x) * kBlockThreads + threadIdx.x; i < n; i += threads) {
    const double x = load_element(logits.type, logits.data, i);
    const ValueAndSlope<double> term =
        focal_bce(BceForm::kFromLogits, x, target_at(options, targets, i), options.positive_weight, options.focal_gamma);
    store_element_exactly(value.type, value.data, i, term.value);
    if (gradient.data) store_element_exactly(gradient.type, gradient.data, i, options.gradient_scale * term.slope);
  }
}
