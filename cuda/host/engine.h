// One loss on the CPU: a step runs the passes over the thread pool and adds their sums up in a fixed order.
#pragma once

#include <vector>

#include "step_state.h"
#include "thread_pool.h"

namespace yololoss {

class Engine {
 public:
  Engine(const LossDescription& loss, const double* class_weights, int threads, const Lanes& lanes);

  const LossDescription& loss() const { return loss_; }

  // Computes a step; results stay valid until the next one. Throws std::bad_alloc.
  void step(const StepRequest& request, const Target* targets, const void* const* predictions, void* const* gradients, StepResult* result);

  // Boxes in pixels, objectness and class probabilities: [images, slots of an image over all layers, 5 + classes].
  void decode(const StepRequest& request, const void* const* predictions, double* out);

 private:
  void prepare(const StepRequest& request, const Target* targets, const void* const* predictions, void* const* gradients);
  void prepare_pool();
  void prepare_layer(Layer& layer, int32_t index);
  void group_targets();
  void assign_and_clear();
  void search();
  void order_slots();
  void decide_factors();
  void dense_and_matches();
  void remember_written();
  void reduce(StepResult* result);
  void reduce_layer(Layer& layer, StepResult* result);
  void reduce_darknet(Layer& layer, StepResult* result);
  void diagnose(StepResult* result);
  void balance(StepResult* result);
  void report_non_finite(StepResult* result);
  void zero_gradients();

  LossDescription loss_;
  std::vector<double> class_weights_;
  ThreadPool pool_;
  StepState state_;
  std::vector<Parts> per_image_;
  std::vector<MatchRow> rows_;
  std::vector<double> best_of_target_;
  bool kept_is_clean_ = false;  // the kept buffers hold exactly the slots in Layer::written
};

}  // namespace yololoss
