// The loops of lanes.h for one instruction set: YL_LANES names it.
#include "lanes.h"

#include <math.h>

#include "vector_math.h"

namespace yololoss {
namespace {

void softplus(const float* __restrict x, int n, float* __restrict value, float* __restrict slope, float* __restrict probability) {
  for (int i = 0; i < n; ++i) {
    const float e = fast_exp(-fabsf(x[i]));
    const float s = (x[i] >= 0.0f ? 1.0f : e) / (1.0f + e);
    value[i] = (x[i] > 0.0f ? x[i] : 0.0f) + fast_log1p(e);
    slope[i] = s;
    probability[i] = s;
  }
}

void focal_softplus(const float* __restrict x, int n, float gamma, float* __restrict value, float* __restrict slope,
                    float* __restrict probability) {
  for (int i = 0; i < n; ++i) {
    const float e = fast_exp(-fabsf(x[i]));
    const float log_part = fast_log1p(e);
    const float high = 1.0f / (1.0f + e), low = e / (1.0f + e);
    const float s = x[i] >= 0.0f ? high : low;
    const float miss = x[i] >= 0.0f ? low : high;
    const float loss = (x[i] > 0.0f ? x[i] : 0.0f) + log_part;
    const float log_s = (x[i] < 0.0f ? x[i] : 0.0f) - log_part;
    const float factor = fast_exp(gamma * log_s);
    value[i] = 0.75f * loss * factor;
    slope[i] = 0.75f * factor * (s + gamma * (loss * miss));  // loss first: of the largest logits gamma times it overflows
    probability[i] = s;
  }
}

void squared_sigmoid(const float* __restrict x, int n, float* __restrict value, float* __restrict slope, float* __restrict probability) {
  for (int i = 0; i < n; ++i) {
    const float e = fast_exp(-fabsf(x[i]));
    const float high = 1.0f / (1.0f + e), low = e / (1.0f + e);
    const float s = x[i] >= 0.0f ? high : low;
    value[i] = s * s;
    slope[i] = 2.0f * s * (high * low);
    probability[i] = s;
  }
}

void bce(const float* __restrict x, int n, float target, float positive_weight, float* __restrict value, float* __restrict slope) {
  const float positive = positive_weight * target, negative = 1.0f - target;
  const float weight = negative + positive;
  for (int i = 0; i < n; ++i) {
    const float e = fast_exp(-fabsf(x[i]));
    const float log_part = fast_log1p(e);
    const float tail = e / (1.0f + e);
    const bool up = x[i] >= 0.0f;
    value[i] = weight * log_part + (up ? negative * x[i] : -positive * x[i]);
    slope[i] = up ? negative - weight * tail : weight * tail - positive;
  }
}

void bce_each(const float* __restrict x, const float* __restrict target, int n, float positive_weight, float* __restrict value,
              float* __restrict slope) {
  for (int i = 0; i < n; ++i) {
    const float positive = positive_weight * target[i], negative = 1.0f - target[i];
    const float weight = negative + positive;
    const float e = fast_exp(-fabsf(x[i]));
    const float log_part = fast_log1p(e);
    const float tail = e / (1.0f + e);
    const bool up = x[i] >= 0.0f;
    value[i] = weight * log_part + (up ? negative * x[i] : -positive * x[i]);
    slope[i] = up ? negative - weight * tail : weight * tail - positive;
  }
}

void focal_bce(const float* __restrict x, int n, float target, float positive_weight, float gamma, float* __restrict value,
               float* __restrict slope) {
  // what is small goes to every part before it is multiplied by a logit, whose product with the rest may overflow
  const float alpha = 0.25f * target + 0.75f * (1.0f - target);
  const float weight = alpha * ((1.0f - target) + positive_weight * target);
  const float positive = alpha * (positive_weight * target), negative = alpha * (1.0f - target);
  for (int i = 0; i < n; ++i) {
    const float e = fast_exp(-fabsf(x[i]));
    const float log_part = fast_log1p(e);
    const float high = 1.0f / (1.0f + e), low = e / (1.0f + e);
    const bool up = x[i] >= 0.0f;
    const float p = up ? high : low, q = up ? low : high;
    const float loss = weight * log_part + (up ? negative * x[i] : -positive * x[i]);
    const float loss_slope = up ? negative - weight * low : weight * low - positive;
    const float miss = target * q + (1.0f - target) * p;
    const float miss_slope = (1.0f - 2.0f * target) * (p * q);
    // log(miss) from its own logarithms where one side is alone, so that tiny misses keep their digits
    const float log_p = (up ? 0.0f : x[i]) - log_part, log_q = (up ? -x[i] : 0.0f) - log_part;
    const float log_miss = target == 0.0f ? log_p : target == 1.0f ? log_q : logf(miss);
    const float factor = fast_exp(gamma * log_miss);
    // the quotient first, since miss^(gamma - 1) alone overflows for the smallest misses
    const float relative = target == 0.0f ? q : target == 1.0f ? -p : miss_slope / miss;
    const float factor_slope = miss > 0.0f ? gamma * factor * relative : 0.0f;
    const bool ends = factor_slope == 0.0f && fabsf(x[i]) <= FLT_MAX;  // where an infinite loss would make it a NaN
    value[i] = weight * factor * log_part + (up ? negative * factor * x[i] : -(positive * factor) * x[i]);
    slope[i] = loss_slope * factor + (ends ? 0.0f : loss * factor_slope);
  }
}

void exp_shifted(const float* __restrict x, int n, float shift, float* __restrict out) {
  for (int i = 0; i < n; ++i) out[i] = fast_exp(x[i] - shift);
}

void sigmoid(const float* __restrict x, int n, float* __restrict out) {
  for (int i = 0; i < n; ++i) {
    const float e = fast_exp(-fabsf(x[i]));
    const float d = 1.0f / (1.0f + e);
    out[i] = x[i] >= 0.0f ? d : e * d;
  }
}

void scaled_exp(const float* __restrict x, int n, float factor, float* __restrict out) {
  for (int i = 0; i < n; ++i) out[i] = factor * fast_exp(x[i]);
}

// In place or not, but never overlapping otherwise: what is read is written by the same round.
void wide_sigmoid(const double* x, int n, double* out) {
#pragma GCC ivdep
  for (int i = 0; i < n; ++i) {
    const double e = wide_exp(-fabs(x[i]));
    const double d = 1.0 / (1.0 + e);
    out[i] = x[i] >= 0.0 ? d : e * d;
  }
}

void wide_exp_shifted(const double* x, int n, double shift, double* out) {
#pragma GCC ivdep
  for (int i = 0; i < n; ++i) out[i] = wide_exp(x[i] - shift);
}

bool rough_iou(const float* __restrict x, const float* __restrict y, const float* __restrict w, const float* __restrict h, int n, int first,
               const RoughTruth& truth, float low, float* __restrict iou) {
  uint32_t any = 0;
  const float tw = 0.5f * truth.width, th = 0.5f * truth.height, area = truth.width * truth.height;
  for (int i = 0; i < n; ++i) {
    const float dx = (static_cast<float>(first + i) - truth.column) + (x[i] - truth.x);
    const float dy = y[i] - truth.y;
    const float pw = 0.5f * w[i], ph = 0.5f * h[i];
    // every comparison lets a NaN through, for which the caller decides in double
    const float right = tw < dx + pw ? tw : dx + pw, left = -tw > dx - pw ? -tw : dx - pw;
    const float bottom = th < dy + ph ? th : dy + ph, top = -th > dy - ph ? -th : dy - ph;
    const float width = right - left, height = bottom - top;
    const float intersection = (width < 0.0f ? 0.0f : width) * (height < 0.0f ? 0.0f : height);
    iou[i] = intersection / (w[i] * h[i] + area - intersection);
    any |= iou[i] < low ? 0u : 1u;
  }
  return any != 0;
}

void range(const float* x, int n, float* least, float* most) {
  float low[8], high[8];
  for (int k = 0; k < 8; ++k) {
    low[k] = HUGE_VALF;
    high[k] = -HUGE_VALF;
  }
  int i = 0;
  for (; i + 8 <= n; i += 8) {
    for (int k = 0; k < 8; ++k) low[k] = x[i + k] < low[k] ? x[i + k] : low[k];
    for (int k = 0; k < 8; ++k) high[k] = x[i + k] > high[k] ? x[i + k] : high[k];
  }
  for (; i < n; ++i) {
    low[0] = x[i] < low[0] ? x[i] : low[0];
    high[0] = x[i] > high[0] ? x[i] : high[0];
  }
  for (int k = 1; k < 8; ++k) {
    low[0] = low[k] < low[0] ? low[k] : low[0];
    high[0] = high[k] > high[0] ? high[k] : high[0];
  }
  *least = low[0];
  *most = high[0];
}

bool all_finite(const float* x, int n) {
  uint32_t found = 0;
  for (int i = 0; i < n; ++i) found |= (bits_of(x[i]) & 0x7f800000u) == 0x7f800000u ? 1u : 0u;
  return found == 0;
}

bool all_within(const float* x, int n, float most) {
  uint32_t beyond = 0;
  for (int i = 0; i < n; ++i) beyond |= fabsf(x[i]) <= most ? 0u : 1u;
  return beyond == 0;
}

double sum(const float* x, int n) {
  // eight running sums whatever the vector width, so that the order is the same everywhere
  float lanes[8] = {};
  int i = 0;
  for (; i + 8 <= n; i += 8) {
    for (int k = 0; k < 8; ++k) lanes[k] += x[i + k];
  }
  double total = 0;
  for (int k = 0; k < 8; ++k) total += static_cast<double>(lanes[k]);
  for (; i < n; ++i) total += static_cast<double>(x[i]);
  return total;
}

void from_f16(const uint16_t* __restrict x, int n, float* __restrict out) {
  for (int i = 0; i < n; ++i) out[i] = half_to_float(x[i]);
}

void from_bf16(const uint16_t* __restrict x, int n, float* __restrict out) {
  for (int i = 0; i < n; ++i) out[i] = bfloat_to_float(x[i]);
}

void to_f16(const float* __restrict x, int n, uint16_t* __restrict out) {
  for (int i = 0; i < n; ++i) out[i] = float_to_half(x[i]);
}

void to_bf16(const float* __restrict x, int n, uint16_t* __restrict out) {
  for (int i = 0; i < n; ++i) out[i] = float_to_bfloat(x[i]);
}

void scale(const float* __restrict x, int n, float factor, float* __restrict out) {
  for (int i = 0; i < n; ++i) out[i] = factor * x[i];
}

}  // namespace

#define YL_NAME_OF(lanes) #lanes
#define YL_NAME(lanes) YL_NAME_OF(lanes)

extern const Lanes YL_LANES;
const Lanes YL_LANES = {YL_NAME(YL_LANES),
                        softplus,
                        focal_softplus,
                        squared_sigmoid,
                        bce,
                        focal_bce,
                        bce_each,
                        exp_shifted,
                        sigmoid,
                        scaled_exp,
                        wide_sigmoid,
                        wide_exp_shifted,
                        rough_iou,
                        range,
                        all_finite,
                        all_within,
                        sum,
                        from_f16,
                        from_bf16,
                        to_f16,
                        to_bf16,
                        scale};

}  // namespace yololoss
