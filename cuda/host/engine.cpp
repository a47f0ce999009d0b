#include "engine.h"

#include <algorithm>

#include "assign_targets.h"
#include "clear_gradients.h"
#include "decode_boxes.h"
#include "dense_pass.h"
#include "match_pass.h"
#include "search_ignored.h"
#include "tensor_rows.h"
#include "yololoss/autobalance.h"

namespace yololoss {
namespace {

// Of the match pass and of clearing.
constexpr int32_t kSlotsPerTask = 64;

// Of decoding: a plane has several tasks, since an image alone has few planes.
constexpr int32_t kCellsPerTask = 16 * kDecodedCells;

Grid grid_of(const LossDescription& loss, const AnchorDescription* pool, int32_t index, int32_t images, const TensorView& view) {
  const HeadDescription& head = loss.heads[index];
  Grid grid{};
  grid.layer = index;
  grid.images = images;
  grid.anchors = head.anchor_count;
  grid.height = view.height;
  grid.width = view.width;
  grid.stride = head.stride;
  grid.in_image_units = loss.decoding == BoxDecoding::kDarknet || loss.decoding == BoxDecoding::kDarknetNewCoords;
  grid.scale_xy = head.scale_xy;
  for (int32_t a = 0; a < head.anchor_count; ++a) {
    grid.members[a] = head.anchors[a];
    grid.anchor_width[a] = pool[head.anchors[a]].width;
    grid.anchor_height[a] = pool[head.anchors[a]].height;
  }
  return grid;
}

bool same_shape(const Grid& a, const Grid& b) { return a.images == b.images && a.height == b.height && a.width == b.width; }

int32_t tasks_of_plane(const Grid& grid) { return (grid.cells() - 1) / kCellsPerTask + 1; }

int32_t tasks_of(size_t slots) { return static_cast<int32_t>((slots + kSlotsPerTask - 1) / kSlotsPerTask); }

}  // namespace

Engine::Engine(const LossDescription& loss, const double* class_weights, int threads, const Lanes& lanes) : loss_(loss), pool_(threads) {
  if (loss.has_class_weights) class_weights_.assign(class_weights, class_weights + loss.classes);
  state_.loss = &loss_;
  state_.class_weights = class_weights_.empty() ? nullptr : class_weights_.data();
  state_.lanes = &lanes;
  state_.layers.resize(loss.head_count);
  state_.scratch.resize(pool_.threads());
  for (Scratch& scratch : state_.scratch) {
    for (auto* values : {&scratch.class_value, &scratch.class_slope}) values->resize(loss.classes);
    const size_t attributes = 5 + loss.classes;
    scratch.logits.resize(kRows * static_cast<size_t>(loss.classes));
    scratch.gradient.resize(kRows * attributes);
    scratch.wide_halves.resize(kRows * attributes);
    scratch.asked.resize(loss.classes);
    scratch.categories.reserve(loss.classes);
    scratch.p.resize(loss.classes);
    scratch.class_delta.resize(loss.classes);
  }
}

void Engine::step(const StepRequest& request, const Target* targets, const void* const* predictions, void* const* gradients,
                  StepResult* result) {
  prepare(request, targets, predictions, gradients);
  assign_and_clear();
  search();
  if (request.mode == StepMode::kLoss) {
    decide_factors();
    order_slots();
    kept_is_clean_ = kept_is_clean_ && !(request.has_gradients && request.keeps_gradients);  // until this step has written them
    dense_and_matches();
    if (request.has_gradients && request.keeps_gradients) remember_written();
  } else {
    for (Layer& layer : state_.layers) {
      layer.matched_slots = static_cast<int32_t>(layer.slots.size());
      layer.sums.assign(layer.positives.size(), {});
      for (size_t p = 0; p < layer.positives.size(); ++p) layer.sums[p].iou = match_iou(state_, layer, layer.positives[p]);
      layer.slot_sums.assign(layer.slots.size(), {});
      for (PlaneSums& plane : layer.planes) plane = {};
    }
  }
  reduce(result);
}

void Engine::prepare(const StepRequest& request, const Target* targets, const void* const* predictions, void* const* gradients) {
  state_.request = request;
  state_.targets = targets;
  for (Scratch& scratch : state_.scratch) scratch.prediction = scratch.stored = {};
  prepare_pool();
  for (int32_t l = 0; l < loss_.head_count; ++l) {
    Layer& layer = state_.layers[l];
    layer.prediction = TensorAccess(request.predictions[l], predictions[l]);
    if (request.has_gradients) layer.gradient = TensorAccess(request.gradients[l], gradients[l]);
    prepare_layer(layer, l);
  }
  group_targets();
  if (!request.keeps_gradients) return;
  for (Layer& layer : state_.layers) {
    kept_is_clean_ = kept_is_clean_ && layer.kept_data == layer.gradient.data() && same_shape(layer.kept_grid, layer.grid);
  }
}

// Every anchor of the pool, not only a head's own, is compared with the targets.
void Engine::prepare_pool() {
  const TensorView& first = state_.request.predictions[0];
  const bool relative = loss_.anchor_unit == AnchorUnit::kImage;
  const double width = relative ? first.width * loss_.heads[0].stride : 1, height = relative ? first.height * loss_.heads[0].stride : 1;
  for (int32_t n = 0; n < loss_.pool_count; ++n) state_.pool[n] = {loss_.pool[n].width * width, loss_.pool[n].height * height};
}

void Engine::prepare_layer(Layer& layer, int32_t index) {
  const Grid grid = grid_of(loss_, state_.pool, index, state_.request.images, state_.request.predictions[index]);
  const bool same = same_shape(layer.grid, grid);
  layer.grid = grid;
  if (same) {
    clear_assignment(layer);
    for (size_t plane = 0; plane < layer.candidates.size(); ++plane) clear_marks(layer, static_cast<int32_t>(plane));
    return;
  }
  const size_t planes = static_cast<size_t>(grid.images) * grid.anchors;
  layer.grid.images = 0;  // a failed allocation leaves a shape that no request has
  layer.state.assign(grid.slots(), kFree);
  layer.first_on_slot.assign(grid.slots(), -1);
  layer.planes.assign(planes, {});
  layer.candidates.assign(planes, {});
  layer.above.assign(planes, 0);
  layer.slots.clear();
  layer.positives.clear();
  layer.grid = grid;
}

void Engine::group_targets() {
  const int32_t images = state_.request.images, count = state_.request.target_count;
  state_.image_first.assign(images + 1, 0);
  state_.image_rows.resize(count);
  for (int32_t row = 0; row < count; ++row) state_.image_first[state_.targets[row].image + 1]++;
  for (int32_t image = 0; image < images; ++image) state_.image_first[image + 1] += state_.image_first[image];
  std::vector<int32_t>& next = state_.image_next;
  next.assign(state_.image_first.begin(), state_.image_first.end() - 1);
  for (int32_t row = 0; row < count; ++row) state_.image_rows[next[state_.targets[row].image]++] = row;
}

// Assignment does not look at gradients, so last step's matches or the caller's buffer are cleared meanwhile.
void Engine::assign_and_clear() {
  const bool best_prediction = loss_.assignment_rule == AssignmentRule::kBestPrediction;
  const bool writes = state_.request.has_gradients && state_.request.mode == StepMode::kLoss;
  const bool clears_all = writes && !(state_.request.keeps_gradients && kept_is_clean_);
  const bool clears_matches = writes && !clears_all;
  const int32_t assigns = best_prediction ? 1 : loss_.head_count;
  std::vector<int32_t>& first_task = state_.first_task;
  first_task.assign(1, assigns);
  for (const Layer& layer : state_.layers) {
    const int32_t tasks = clears_all ? static_cast<int32_t>(layer.planes.size()) : clears_matches ? tasks_of(layer.written.size()) : 0;
    first_task.push_back(first_task.back() + tasks);
  }
  pool_.run(first_task.back(), [&](int task, int) {
    if (task < assigns) {
      if (best_prediction) {
        assign_best_prediction(state_);
      } else {
        assign_layer(state_, state_.layers[task]);
      }
      return;
    }
    const auto at = std::upper_bound(first_task.begin(), first_task.end(), task) - first_task.begin() - 1;
    const Layer& layer = state_.layers[at];
    const int32_t n = task - first_task[at];
    if (clears_all) {
      clear_plane(layer, state_.attributes(), n / layer.grid.anchors, n % layer.grid.anchors);
      return;
    }
    const int32_t begin = n * kSlotsPerTask, end = std::min(static_cast<int32_t>(layer.written.size()), begin + kSlotsPerTask);
    for (int32_t i = begin; i < end; i += kRows) clear_slots(layer, state_.attributes(), &layer.written[i], std::min(end - i, kRows));
  });
}

// Neighbouring slots share cache lines in every attribute's plane, so the match pass meets them one after the other.
void Engine::order_slots() {
  pool_.run(loss_.head_count, [&](int task, int) {
    Layer& layer = state_.layers[task];
    std::sort(layer.slots.begin(), layer.slots.begin() + layer.matched_slots);
  });
}

void Engine::search() {
  if (loss_.ignore_rule == IgnoreRule::kNobody || state_.request.target_count == 0 || state_.request.mode == StepMode::kAssign) return;
  const int32_t images = state_.request.images;
  pool_.run(images * loss_.head_count,
            [&](int task, int worker) { search_image(state_, state_.layers[task / images], task % images, state_.scratch[worker]); });
}

void Engine::decide_factors() {
  int32_t rows[kMaxHeads];
  double cells = 0;
  for (int32_t l = 0; l < loss_.head_count; ++l) {
    Layer& layer = state_.layers[l];
    rows[l] = static_cast<int32_t>(layer.positives.size());
    cells += layer.grid.slots_per_image();
    layer.matched_slots = static_cast<int32_t>(layer.slots.size());
    for (const auto& plane : layer.candidates) {
      for (const Candidate& candidate : plane) {
        if (layer.state[candidate.slot] == kSpecial) layer.slots.push_back(candidate.slot);
      }
    }
    layer.sums.resize(layer.positives.size());
    layer.slot_sums.resize(layer.slots.size());
  }
  const double count = state_.request.target_count;
  state_.rarity = count == 0 ? 1 : std::max(0.0, (cells - count) / count * 0.5);
  for (int32_t l = 0; l < loss_.head_count; ++l) {
    Layer& layer = state_.layers[l];
    layer.factors = layer_factors(loss_, l, rows, state_.request.images, layer.grid.slots(), state_.request.balance[l]);
    if (state_.is_delta()) {
      const double weight = loss_.objectness_weight;
      layer.factors.objectness_elsewhere = weight;  // of the delta, which is minus the gradient's
    }
  }
}

// Dense first: it writes whole planes of objectness, into which the matches then put theirs.
void Engine::dense_and_matches() {
  std::vector<int32_t>& first_task = state_.first_task;
  first_task.assign(1, 0);
  for (const Layer& layer : state_.layers) first_task.push_back(first_task.back() + static_cast<int32_t>(layer.planes.size()));
  pool_.run(first_task.back(), [&](int task, int worker) {
    const auto at = std::upper_bound(first_task.begin(), first_task.end(), task) - first_task.begin() - 1;
    const int32_t plane = task - first_task[at];
    Layer& layer = state_.layers[at];
    dense_plane(state_, layer, plane / layer.grid.anchors, plane % layer.grid.anchors, state_.scratch[worker]);
  });
  first_task.assign(1, 0);
  for (const Layer& layer : state_.layers) first_task.push_back(first_task.back() + tasks_of(layer.slots.size()));
  pool_.run(first_task.back(), [&](int task, int worker) {
    const auto at = std::upper_bound(first_task.begin(), first_task.end(), task) - first_task.begin() - 1;
    const int32_t n = task - first_task[at];
    Layer& layer = state_.layers[at];
    const int32_t begin = n * kSlotsPerTask, end = std::min(static_cast<int32_t>(layer.slots.size()), begin + kSlotsPerTask);
    match_slots(state_, layer, begin, end, state_.scratch[worker]);
  });
}

void Engine::remember_written() {
  for (Layer& layer : state_.layers) {
    layer.written.assign(layer.slots.begin(), layer.slots.end());
    layer.kept_data = layer.gradient.data();
    layer.kept_grid = layer.grid;
  }
  kept_is_clean_ = true;
}

void Engine::reduce(StepResult* result) {
  *result = {};
  per_image_.assign(state_.request.images, {});
  rows_.clear();
  best_of_target_.assign(state_.request.target_count, 0);
  for (Layer& layer : state_.layers) {
    if (state_.is_delta()) {
      reduce_darknet(layer, result);
    } else {
      reduce_layer(layer, result);
    }
    Parts& parts = result->per_layer[layer.grid.layer];
    result->total.box += parts.box;
    result->total.objectness += parts.objectness;
    result->total.classification += parts.classification;
    result->states[layer.grid.layer] = layer.state.data();
  }
  diagnose(result);
  balance(result);
  report_non_finite(result);
  result->per_image = per_image_.data();
  result->matches = rows_.data();
}

void Engine::reduce_layer(Layer& layer, StepResult* result) {
  const Grid& grid = layer.grid;
  const LayerFactors& f = layer.factors;
  Parts& parts = result->per_layer[grid.layer];
  RawSums& raw = result->raw_sums[grid.layer];
  for (size_t plane = 0; plane < layer.planes.size(); ++plane) {
    const double share = f.objectness_elsewhere * layer.planes[plane].loss;
    raw.objectness_elsewhere += layer.planes[plane].loss;
    parts.objectness += share;
    per_image_[plane / grid.anchors].objectness += share;
  }
  for (size_t i = 0; i < layer.slots.size(); ++i) {
    const double share = f.objectness_on_matches * layer.slot_sums[i].objectness;
    raw.objectness_on_matches += layer.slot_sums[i].objectness;
    parts.objectness += share;
    per_image_[grid.image_of(layer.slots[i])].objectness += share;
  }
  for (size_t p = 0; p < layer.positives.size(); ++p) {
    const PositiveSums& sums = layer.sums[p];
    Parts& image = per_image_[grid.image_of(layer.positives[p].slot)];
    raw.xy += sums.xy;
    raw.wh += sums.wh;
    raw.overlap += sums.overlap;
    raw.classification += sums.class_loss;
    parts.box += sums.box_share;
    image.box += sums.box_share;
    // a layer without a class term has a factor of 0 or none at all
    const double share = sums.class_loss == 0 ? 0 : f.classification * sums.class_loss;
    parts.classification += share;
    image.classification += share;
  }
}

// The cost that darknet prints with show_details 1.
void Engine::reduce_darknet(Layer& layer, StepResult* result) {
  const Grid& grid = layer.grid;
  const bool squared = loss_.box_kind == BoxKind::kSquaredErrorDarknet;
  const double factor = squared ? 1 : loss_.objectness_weight;
  const double plane_factor = loss_.objectness_weight * loss_.objectness_weight;  // planes hold squares of probabilities
  Parts& parts = result->per_layer[grid.layer];
  DeltaTally& tally = result->tallies[grid.layer];
  for (size_t plane = 0; plane < layer.planes.size(); ++plane) {
    const double squares = plane_factor * layer.planes[plane].loss;
    tally.objectness_squares += squares;
    parts.objectness += factor * squares;
    per_image_[plane / grid.anchors].objectness += factor * squares;
  }
  for (size_t i = 0; i < layer.slots.size(); ++i) {
    const SlotSums& sums = layer.slot_sums[i];
    Parts& image = per_image_[grid.image_of(layer.slots[i])];
    tally.objectness_squares += sums.objectness;
    tally.box_squares += sums.box_squares;
    tally.class_squares += sums.class_squares;
    tally.boxes += sums.boxes;
    tally.rewritten_boxes += sums.rewritten_boxes;
    parts.objectness += factor * sums.objectness;
    image.objectness += factor * sums.objectness;
    parts.classification += factor * sums.class_squares;
    image.classification += factor * sums.class_squares;
    if (squared) {
      parts.box += sums.box_squares;
      image.box += sums.box_squares;
    }
  }
  const double matches = static_cast<double>(layer.positives.size());
  for (size_t p = 0; p < layer.positives.size(); ++p) {
    const PositiveSums& sums = layer.sums[p];
    tally.iou += sums.iou;
    tally.iou_loss += 1 - sums.iou;
    tally.giou_loss += sums.giou_loss;
    tally.matches++;
    if (!squared) {
      const double share = loss_.box_weight * (loss_.box_kind == BoxKind::kOneMinusGiou ? sums.giou_loss : 1 - sums.iou) / matches;
      parts.box += share;
      per_image_[grid.image_of(layer.positives[p].slot)].box += share;
    }
  }
}

void Engine::diagnose(StepResult* result) {
  const bool replaces = loss_.collision == Collision::kLastWins || loss_.collision == Collision::kUniteClasses;
  double iou_sum = 0, on_matches = 0, elsewhere = 0;
  int64_t matched = 0, free = 0;
  for (const Layer& layer : state_.layers) {
    const Grid& grid = layer.grid;
    for (size_t p = 0; p < layer.positives.size(); ++p) {
      const Positive& positive = layer.positives[p];
      const PositiveSums& sums = layer.sums[p];
      const SlotPlace place = grid.place(positive.slot);
      rows_.push_back({positive.target, grid.layer, place.image, place.anchor, place.row, place.column, replaces && positive.next >= 0, 0,
                       sums.iou, sums.box_loss, sums.objectness_loss, sums.class_loss});
      iou_sum += sums.iou;
      best_of_target_[positive.target] = std::max(best_of_target_[positive.target], sums.iou);
    }
    matched += layer.matched_slots;
    for (int32_t i = 0; i < static_cast<int32_t>(layer.slots.size()); ++i) {
      (i < layer.matched_slots ? on_matches : elsewhere) += layer.slot_sums[i].probability;
      free += i < layer.matched_slots ? 0 : 1;
    }
    for (const PlaneSums& plane : layer.planes) {
      elsewhere += plane.probability;
      free += plane.elsewhere;
      result->ignored += plane.ignored;
    }
  }
  result->match_count = static_cast<int32_t>(rows_.size());
  result->collisions = static_cast<int32_t>(static_cast<int64_t>(rows_.size()) - matched);
  result->mean_iou = iou_sum / static_cast<double>(rows_.size());
  result->objectness_on_matches = on_matches / static_cast<double>(matched);
  result->objectness_elsewhere = elsewhere / static_cast<double>(free);
  const double targets = static_cast<double>(best_of_target_.size());
  result->recall50 =
      static_cast<double>(std::count_if(best_of_target_.begin(), best_of_target_.end(), [](double v) { return v >= 0.5; })) / targets;
  result->recall75 =
      static_cast<double>(std::count_if(best_of_target_.begin(), best_of_target_.end(), [](double v) { return v >= 0.75; })) / targets;
}

void Engine::balance(StepResult* result) {
  std::copy(state_.request.balance, state_.request.balance + kMaxHeads, result->next_balance);
  double slots[kMaxHeads];
  for (const Layer& layer : state_.layers) slots[layer.grid.layer] = layer.grid.slots();
  next_balance(loss_, result->raw_sums, slots, result->next_balance);
}

void Engine::report_non_finite(StepResult* result) {
  result->non_finite_kind = NonFiniteKind::kNone;
  if (state_.request.mode != StepMode::kLoss) return;
  FirstNonFinite first;
  for (const Scratch& scratch : state_.scratch) first.note(scratch.prediction);
  NonFiniteKind kind = NonFiniteKind::kPrediction;
  if (first.element == INT64_MAX) {
    for (const Scratch& scratch : state_.scratch) first.note(scratch.stored);
    kind = NonFiniteKind::kGradient;
  }
  const double total = result->total.box + result->total.objectness + result->total.classification;
  if (first.element != INT64_MAX) {
    const Grid& grid = state_.layers[first.element >> 56].grid;
    const int64_t within = first.element & ((int64_t{1} << 56) - 1);
    const int32_t slot = static_cast<int32_t>(within / state_.attributes());
    result->non_finite_layer = grid.layer;
    result->non_finite_image = grid.image_of(slot);
    result->non_finite_anchor = grid.anchor_of(slot);
    result->non_finite_row = grid.row_of(slot);
    result->non_finite_column = grid.column_of(slot);
    result->non_finite_attribute = static_cast<int32_t>(within % state_.attributes());
    result->non_finite_value = first.value;
    result->non_finite_kind = kind;
  } else if (!isfinite(total)) {
    result->non_finite_kind = NonFiniteKind::kLoss;
    result->non_finite_value = total;
  }
  if (result->non_finite_kind != NonFiniteKind::kNone && state_.request.non_finite == NonFinitePolicy::kThrow) zero_gradients();
}

void Engine::zero_gradients() {
  if (!state_.request.has_gradients) return;
  for (const Layer& layer : state_.layers) {
    for (int32_t plane = 0; plane < static_cast<int32_t>(layer.planes.size()); ++plane) {
      clear_plane(layer, state_.attributes(), plane / layer.grid.anchors, plane % layer.grid.anchors);
    }
  }
}

void Engine::decode(const StepRequest& request, const void* const* predictions, double* out) {
  prepare(request, nullptr, predictions, nullptr);
  for (Scratch& scratch : state_.scratch) scratch.decoded.resize(static_cast<size_t>(kDecodedCells) * state_.attributes());
  DecodedPlace places[kMaxHeads];
  int64_t boxes = 0;
  std::vector<int32_t>& first_task = state_.first_task;
  first_task.assign(1, 0);
  for (const Layer& layer : state_.layers) {
    places[layer.grid.layer] = {out, 0, boxes};
    boxes += layer.grid.slots_per_image();
    first_task.push_back(first_task.back() + static_cast<int32_t>(layer.planes.size()) * tasks_of_plane(layer.grid));
  }
  for (DecodedPlace& place : places) place.boxes = boxes;
  pool_.run(first_task.back(), [&](int task, int worker) {
    const auto at = std::upper_bound(first_task.begin(), first_task.end(), task) - first_task.begin() - 1;
    const Layer& layer = state_.layers[at];
    const int32_t n = task - first_task[at], plane = n / tasks_of_plane(layer.grid);
    const int32_t begin = n % tasks_of_plane(layer.grid) * kCellsPerTask;
    decode_cells(state_, layer, plane, begin, begin + std::min(layer.grid.cells() - begin, kCellsPerTask), places[at],
                 state_.scratch[worker]);
  });
}

}  // namespace yololoss
