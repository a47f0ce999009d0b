// The operations that need no loss, on threads of their own.
#pragma once

#include "lanes.h"
#include "thread_pool.h"
#include "yololoss/step.h"

namespace yololoss {

// Overlap and derivative of n pairs of boxes. a, b, gradient: [n, 4]; value: [n]; gradient.data may be null.
void overlap_pairs(Overlap kind, OverlapConvention convention, int64_t n, Elements a, Elements b, Elements value, Elements gradient);

// Sigmoid-BCE of n logits in double; gradient.data may be null.
void sigmoid_bce_elements(int64_t n, double positive_weight, double gradient_scale, Elements logits, Elements targets, Elements value,
                          Elements gradient);

// The same on all threads, the latter in floats but where an element is a double or the weight is not for floats.
class Operations {
 public:
  Operations(int threads, const Lanes& lanes) : pool_(threads), lanes_(lanes) {}

  void overlap(Overlap kind, OverlapConvention convention, int64_t n, Elements a, Elements b, Elements value, Elements gradient);
  void sigmoid_bce(int64_t n, double positive_weight, double gradient_scale, Elements logits, Elements targets, Elements value,
                   Elements gradient);

 private:
  ThreadPool pool_;
  const Lanes& lanes_;
};

}  // namespace yololoss
