// A step of the kernels as the Java backend makes it, on the emulated device and without a driver: for tests of the kernels alone.
#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "../../tests/losses.h"
#include "device.h"
#include "launch.h"

extern "C" {
void assign_targets(const yololoss::Plan*, yololoss::StepInput*);
void search_ignored(const yololoss::Plan*, yololoss::StepInput*);
void yolo_loss(const yololoss::Plan*, yololoss::StepInput*, yololoss::StepResult*);
void yolo_loss_and_ignored(const yololoss::Plan*, yololoss::StepInput*, yololoss::StepResult*);
void yolo_loss_and_special(const yololoss::Plan*, yololoss::StepInput*, yololoss::StepResult*);
void clear_gradients(const yololoss::Plan*, yololoss::StepInput*);
void decode(const yololoss::Plan*, yololoss::StepInput*, double*);
}

namespace yololoss {

inline int32_t parts_of(int64_t whole, int64_t part) { return static_cast<int32_t>((whole + part - 1) / part); }

inline int32_t candidates_per_target(const LossDescription& loss, const HeadDescription& head) {
  switch (loss.assignment_rule) {
    case AssignmentRule::kShapeRatioWithNeighbours:
      return 5 * head.anchor_count;
    case AssignmentRule::kBestAnchorInCell:
      return head.anchor_count;
    case AssignmentRule::kBestShape:
      return head.anchor_count * (loss.extra_iou < 1 ? 1 + loss.pool_count : 1);
    default:
      return 1;
  }
}

// Device memory, filled with a byte that is neither zero nor a number anybody could use.
class DeviceBuffers {
 public:
  template <typename T>
  T* take(int64_t count, int filling = 0x77) {
    memory_.push_back(std::make_unique<char[]>(static_cast<size_t>(count) * sizeof(T)));
    memset(memory_.back().get(), filling, static_cast<size_t>(count) * sizeof(T));
    return reinterpret_cast<T*>(memory_.back().get());
  }

 private:
  std::vector<std::unique_ptr<char[]>> memory_;
};

struct DeviceOutcome {
  StepResult result;
  std::vector<Parts> per_image;
  std::vector<MatchRow> matches;
  std::vector<uint8_t> states;
};

// One loss for one shape of input.
class DeviceEngine {
 public:
  DeviceEngine(const LossDescription& loss, const Input& input, int32_t target_capacity) : plan_(std::make_unique<Plan>()) {
    *plan_ = {};
    plan_->loss = loss;
    plan_->images = input.images;
    plan_->target_capacity = target_capacity;
    const bool relative = loss.anchor_unit == AnchorUnit::kImage;
    const TensorView& first = input.predictions.views[0];
    for (int32_t n = 0; n < loss.pool_count; ++n) {
      plan_->pool[n] = {loss.pool[n].width * (relative ? first.width * loss.heads[0].stride : 1),
                        loss.pool[n].height * (relative ? first.height * loss.heads[0].stride : 1)};
    }
    int64_t candidates = 0, tiles = 0;
    for (int32_t l = 0; l < loss.head_count; ++l) {
      describe_layer(l, input.predictions.views[l]);
      candidates += plan_->layers[l].candidate_capacity;
      tiles += plan_->layers[l].tiles;
    }
    for (int32_t l = 0; l < loss.head_count; ++l) place_blocks(plan_->layers[l], parts_of(tiles, kMostDenseBlocks));
    plan_->assign_blocks = parts_of(candidates, kBlockThreads);
    plan_->clear_blocks = 2;
    plan_->dense_sums = buffers_.take<double>(int64_t{plan_->dense_blocks} * kDenseFields);
    plan_->match_sums = buffers_.take<double>(int64_t{plan_->match_blocks} * kMatchFields);
    plan_->best_of_target = buffers_.take<unsigned long long>(target_capacity);
    plan_->carried = buffers_.take<Carried>(1, 0);
  }

  const Plan& plan() const { return *plan_; }
  void class_weights(const double* weights) { plan_->class_weights = weights; }

  // gradients may be null. keeps: they are the engine's own, untouched since its last step.
  DeviceOutcome step(const StepRequest& request, Input& input, Tensors* gradients, bool keeps = false) {
    auto staged = std::make_unique<StepInput>();
    StepInput& in = *staged;
    in = {};
    in.parity = parity_;
    parity_ = 1 - parity_;
    in.target_count = request.target_count;
    in.has_gradients = gradients ? 1 : 0;
    in.keeps_gradients = keeps ? 1 : 0;
    in.clear = !gradients ? ClearMode::kNothing : keeps && kept_is_clean_ ? ClearMode::kWritten : ClearMode::kWhole;
    in.non_finite = request.non_finite;
    in.gradient_scale = request.gradient_scale;
    std::copy(request.balance, request.balance + kMaxHeads, in.balance);
    for (int32_t l = 0; l < plan_->loss.head_count; ++l) {
      in.predictions[l] = input.predictions.views[l];
      in.prediction_data[l] = input.predictions.at(l);
      if (gradients) {
        in.gradients[l] = gradients->views[l];
        in.gradient_data[l] = gradients->at(l);
      }
    }
    group(input.targets);
    in.targets = input.targets.data();
    in.image_first = image_first_.data();
    in.image_rows = image_rows_.data();
    in.counters.first_prediction = in.counters.first_stored = ~0ull;
    auto result = std::make_unique<StepResult>();
    run(in, *result);
    if (keeps && gradients) kept_is_clean_ = true;
    return collect(in, *result);
  }

  void clear(Tensors& gradients) {
    StepInput in{};
    for (int32_t l = 0; l < plan_->loss.head_count; ++l) {
      in.gradients[l] = gradients.views[l];
      in.gradient_data[l] = gradients.at(l);
    }
    emulator::launch("clear_gradients", clear_gradients, dim3(plan_->clear_blocks), dim3(kBlockThreads), plan_.get(), &in);
  }

  void decode_into(Input& input, double* out, int blocks) {
    StepInput in{};
    for (int32_t l = 0; l < plan_->loss.head_count; ++l) {
      in.predictions[l] = input.predictions.views[l];
      in.prediction_data[l] = input.predictions.at(l);
    }
    emulator::launch("decode", decode, dim3(static_cast<unsigned>(blocks)), dim3(kBlockThreads), plan_.get(), &in, out);
  }

 private:
  void describe_layer(int32_t l, const TensorView& view) {
    const LossDescription& loss = plan_->loss;
    const HeadDescription& head = loss.heads[l];
    DeviceLayer& layer = plan_->layers[l];
    Grid& grid = layer.grid;
    grid.layer = l;
    grid.images = plan_->images;
    grid.anchors = head.anchor_count;
    grid.height = view.height;
    grid.width = view.width;
    grid.stride = head.stride;
    grid.in_image_units = loss.decoding == BoxDecoding::kDarknet || loss.decoding == BoxDecoding::kDarknetNewCoords;
    grid.scale_xy = head.scale_xy;
    for (int32_t a = 0; a < head.anchor_count; ++a) {
      grid.members[a] = head.anchors[a];
      grid.anchor_width[a] = plan_->pool[head.anchors[a]].width;
      grid.anchor_height[a] = plan_->pool[head.anchors[a]].height;
    }
    layer.candidates_per_target = candidates_per_target(loss, head);
    layer.candidate_capacity =
        kCandidatesPerBlock * parts_of(int64_t{layer.candidates_per_target} * plan_->target_capacity, kCandidatesPerBlock);
    layer.tiles_per_plane = parts_of(grid.cells(), kTileCells);
    layer.tiles = grid.images * grid.anchors * layer.tiles_per_plane;
    for (MatchTable& table : layer.tables) {
      table.slot = buffers_.take<int32_t>(layer.candidate_capacity);
      table.next = buffers_.take<int32_t>(layer.candidate_capacity);
      table.first = buffers_.take<int32_t>(grid.slots(), 0xff);
      table.is_matched = buffers_.take<uint8_t>(grid.slots(), 0);
    }
    layer.ordered_next = buffers_.take<int32_t>(layer.candidate_capacity);
    if (loss.ignore_rule != IgnoreRule::kNobody) layer.state = buffers_.take<uint8_t>(grid.slots());
    if (loss.ignore_rule == IgnoreRule::kIouAtLeast) layer.above = buffers_.take<int32_t>(grid.images);
    layer.written = buffers_.take<int32_t>(layer.candidate_capacity);
    if (loss.ignore_rule == IgnoreRule::kIouAboveAndClass) layer.written_special = buffers_.take<int32_t>(grid.slots());
    layer.positives = buffers_.take<PositiveRecord>(layer.candidate_capacity);
    layer.tile_parts = buffers_.take<Parts>(layer.tiles);
  }

  void place_blocks(DeviceLayer& layer, int32_t tiles_per_block) {
    layer.tiles_per_block = tiles_per_block;
    layer.first_dense_block = plan_->dense_blocks;
    layer.dense_blocks = parts_of(layer.tiles, tiles_per_block);
    plan_->dense_blocks += layer.dense_blocks;
    layer.first_match_block = plan_->match_blocks;
    layer.match_blocks = layer.candidate_capacity / kCandidatesPerBlock;
    plan_->match_blocks += layer.match_blocks;
  }

  void group(const std::vector<Target>& targets) {
    image_first_.assign(static_cast<size_t>(plan_->images) + 1, 0);
    image_rows_.clear();
    for (int32_t image = 0; image < plan_->images; ++image) {
      for (size_t row = 0; row < targets.size(); ++row) {
        if (targets[row].image == image) image_rows_.push_back(static_cast<int32_t>(row));
      }
      image_first_[static_cast<size_t>(image) + 1] = static_cast<int32_t>(image_rows_.size());
    }
  }

  void run(StepInput& in, StepResult& result) {
    const Plan* plan = plan_.get();
    const dim3 threads(kBlockThreads);
    emulator::launch("assign_targets", assign_targets, dim3(plan->assign_blocks + plan->clear_blocks), threads, plan, &in);
    if (plan->loss.ignore_rule == IgnoreRule::kIouAtLeast) {
      emulator::launch("search_ignored", search_ignored, dim3(plan->dense_blocks), threads, plan, &in);
    }
    const dim3 blocks(plan->dense_blocks + plan->match_blocks);
    switch (plan->loss.ignore_rule) {
      case IgnoreRule::kNobody:
        return emulator::launch("yolo_loss", yolo_loss, blocks, threads, plan, &in, &result);
      case IgnoreRule::kIouAboveAndClass:
        return emulator::launch("yolo_loss_and_special", yolo_loss_and_special, blocks, threads, plan, &in, &result);
      default:
        return emulator::launch("yolo_loss_and_ignored", yolo_loss_and_ignored, blocks, threads, plan, &in, &result);
    }
  }

  // What Java reads on demand: matches in their order, shares of the images, states of the slots.
  DeviceOutcome collect(const StepInput& in, const StepResult& result) const {
    DeviceOutcome out{result, std::vector<Parts>(static_cast<size_t>(plan_->images)), {}, {}};
    for (int32_t l = 0; l < plan_->loss.head_count; ++l) {
      const DeviceLayer& layer = plan_->layers[l];
      const MatchTable& table = layer.tables[in.parity];
      for (int32_t tile = 0; tile < layer.tiles; ++tile) {
        add(out.per_image[static_cast<size_t>(tile / layer.tiles_per_plane / layer.grid.anchors)], layer.tile_parts[tile]);
      }
      for (int32_t c = 0; c < layer.candidates_per_target * in.target_count; ++c) {
        if (table.slot[c] < 0) continue;
        const PositiveRecord& r = layer.positives[c];
        const SlotPlace place = layer.grid.place(r.slot);
        out.matches.push_back({r.target, l, place.image, place.anchor, place.row, place.column, r.replaced, 0, r.iou, r.box_loss,
                               r.objectness_loss, r.class_loss});
        add(out.per_image[static_cast<size_t>(place.image)], r.share);
      }
      for (int32_t slot = 0; slot < layer.grid.slots(); ++slot) {
        out.states.push_back(layer.state ? layer.state[slot] : table.is_matched[slot] ? 2 : 0);
      }
    }
    return out;
  }

  static void add(Parts& sum, const Parts& share) {
    sum.box += share.box;
    sum.objectness += share.objectness;
    sum.classification += share.classification;
  }

  std::unique_ptr<Plan> plan_;
  DeviceBuffers buffers_;
  std::vector<int32_t> image_first_, image_rows_;
  int32_t parity_ = 0;
  bool kept_is_clean_ = false;
};

}  // namespace yololoss
