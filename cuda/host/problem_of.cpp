#include "problem_of.h"

#include <math.h>

namespace yololoss {
namespace {

// So that 5 + classes, and the rows of a few slots, are far from the end of 32 bits.
constexpr int32_t kMostClasses = 1 << 24;

template <typename Choice>
bool is_one(Choice choice, Choice last) {
  return static_cast<int32_t>(choice) >= 0 && choice <= last;
}

bool choices_are_known(const LossDescription& loss) {
  return is_one(loss.decoding, BoxDecoding::kDarknetNewCoords) && is_one(loss.assignment_rule, AssignmentRule::kShapeRatioWithNeighbours) &&
         is_one(loss.extra_overlap, Overlap::kCiou) && is_one(loss.ignore_rule, IgnoreRule::kIouAboveAndClass) &&
         is_one(loss.empty_images, EmptyImages::kSkip) && is_one(loss.box_kind, BoxKind::kOneMinusCiou) &&
         is_one(loss.box_convention, OverlapConvention::kDarknet) && is_one(loss.gradient_mode, GradientMode::kDarknet) &&
         is_one(loss.objectness_kind, ObjectnessKind::kDelta) && is_one(loss.objectness_target, ObjectnessTarget::kMatchIou) &&
         is_one(loss.class_kind, ClassKind::kFocalDelta) && is_one(loss.collision, Collision::kAddDeltas) &&
         is_one(loss.bce, BceForm::kOfProbability) && is_one(loss.reduction, ReductionKind::kLayerMeansTimesBatch) &&
         is_one(loss.anchor_unit, AnchorUnit::kImage);
}

const char* problem_of(const HeadDescription& head, int32_t pool_count) {
  if (head.stride < 1) return "a stride is less than 1";
  if (head.anchor_count < 1 || head.anchor_count > kMaxAnchorsPerHead) return "a head's anchor_count is not in 1..16";
  for (int32_t a = 0; a < head.anchor_count; ++a) {
    if (head.anchors[a] < 0 || head.anchors[a] >= pool_count) return "a head's anchor is not in the pool";
  }
  return nullptr;
}

const char* problem_of(const TensorView& view, int32_t images, const HeadDescription& head) {
  if (!is_one(view.type, ElementType::kF64)) return "an element type is unknown";
  if (view.height < 1 || view.width < 1) return "a tensor's height or width is less than 1";
  if (int64_t{view.height} * head.stride > INT32_MAX || int64_t{view.width} * head.stride > INT32_MAX)
    return "an image side is above 2^31 - 1";
  const int64_t cells = int64_t{view.height} * view.width;
  if (cells > INT32_MAX / (int64_t{images} * head.anchor_count)) return "a head has more than 2^31 - 1 slots";
  return nullptr;
}

const char* problem_of(const LossDescription& loss, const Target& target, int32_t images) {
  if (target.image < 0 || target.image >= images) return "a target is of an image that the batch does not have";
  if (target.category < 0 || target.category >= loss.classes) return "a target is of a class that the loss does not have";
  const bool inside = target.cx >= 0 && target.cx <= 1 && target.cy >= 0 && target.cy <= 1;
  if (!inside) return "a target's centre is not in 0..1";
  const bool has_area = target.w > 0 && target.h > 0 && isfinite(target.w) && isfinite(target.h);
  return has_area ? nullptr : "a target's side is not finite and greater than 0";
}

}  // namespace

const char* problem_of(const LossDescription& loss) {
  if (loss.head_count < 1 || loss.head_count > kMaxHeads) return "head_count is not in 1..8";
  if (loss.pool_count < 1 || loss.pool_count > kMaxPool) return "pool_count is not in 1..64";
  if (loss.classes < 1 || loss.classes > kMostClasses) return "classes is not in 1..2^24";
  if (loss.balance_count < 0 || loss.balance_count > kMaxHeads) return "balance_count is not in 0..8";
  if (!choices_are_known(loss)) return "a choice is unknown";
  for (int32_t l = 0; l < loss.head_count; ++l) {
    if (const char* problem = problem_of(loss.heads[l], loss.pool_count)) return problem;
  }
  return nullptr;
}

const char* problem_of(const LossDescription& loss, const StepRequest& request, const Target* targets, const void* const* predictions,
                       void* const* gradients) {
  if (!is_one(request.mode, StepMode::kSearchIgnored)) return "mode is unknown";
  if (!is_one(request.non_finite, NonFinitePolicy::kZero)) return "non_finite is unknown";
  if (request.images < 1) return "images is less than 1";
  if (request.target_count < 0) return "target_count is negative";
  if (request.target_count > 0 && !targets) return "targets is null";
  for (int32_t l = 0; l < loss.head_count; ++l) {
    if (!predictions[l]) return "a prediction is null";
    if (const char* problem = problem_of(request.predictions[l], request.images, loss.heads[l])) return problem;
    if (!request.has_gradients) continue;
    if (!gradients[l]) return "a gradient is null";
    const TensorView &p = request.predictions[l], &g = request.gradients[l];
    if (!is_one(g.type, ElementType::kF64)) return "an element type is unknown";
    if (g.height != p.height || g.width != p.width) return "a gradient has another shape than its prediction";
  }
  for (int32_t row = 0; row < request.target_count; ++row) {
    if (const char* problem = problem_of(loss, targets[row], request.images)) return problem;
  }
  return nullptr;
}

const char* problem_of(const Elements& elements, int64_t n, bool optional) {
  if (n < 0) return "n is negative";
  if (n > 0 && !elements.data && !optional) return "a pointer is null";
  return is_one(elements.type, ElementType::kF64) ? nullptr : "an element type is unknown";
}

const char* problem_of(Overlap kind, OverlapConvention convention) {
  return is_one(kind, Overlap::kCiou) && is_one(convention, OverlapConvention::kDarknet) ? nullptr : "a choice is unknown";
}

}  // namespace yololoss
