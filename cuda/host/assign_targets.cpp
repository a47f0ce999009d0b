#include "assign_targets.h"

#include "yololoss/decode_box.h"
#include "yololoss/match_rules.h"

namespace yololoss {
namespace {

void add(StepState& state, Layer& layer, int32_t row, int32_t anchor, int32_t j, int32_t i) {
  const Target& target = state.targets[row];
  const Grid& grid = layer.grid;
  const int32_t slot = grid.slot(target.image, anchor, j, i);
  const int32_t index = static_cast<int32_t>(layer.positives.size());
  layer.positives.push_back({row, target.category, slot, -1, index, truth_in_cell(*state.loss, grid, state.truth(grid, row), j, i)});
  const int32_t first = layer.first_on_slot[slot];
  if (first < 0) {
    layer.slots.push_back(slot);  // first, since only what is listed there is forgotten, and this may fail
    layer.first_on_slot[slot] = index;
    layer.state[slot] = kMatched;
  } else {
    layer.positives[layer.positives[first].last].next = index;
    layer.positives[first].last = index;
  }
}

// Adds the positive if the anchor of the pool is one of the head's.
void add_member(StepState& state, Layer& layer, int32_t row, int32_t pool_index) {
  const Target& target = state.targets[row];
  for (int32_t a = 0; a < layer.grid.anchors; ++a) {
    if (layer.grid.members[a] == pool_index) add(state, layer, row, a, layer.grid.row(target.cy), layer.grid.column(target.cx));
  }
}

// The order is neighbour, anchor, target, but what depends on a target alone is worked out once.
void assign_with_neighbours(StepState& state, Layer& layer) {
  const LossDescription& loss = *state.loss;
  const Grid& grid = layer.grid;
  layer.boxes.clear();
  layer.neighbours.clear();
  for (int32_t row = 0; row < state.request.target_count; ++row) {
    layer.boxes.push_back(state.truth(grid, row));
    uint8_t taken = 0;
    for (int n = 0; n < kNeighbours; ++n) taken |= static_cast<uint8_t>(takes_neighbour(n, layer.boxes.back(), grid) << n);
    layer.neighbours.push_back(taken);
  }
  for (int neighbour = 0; neighbour < kNeighbours; ++neighbour) {
    for (int32_t a = 0; a < grid.anchors; ++a) {
      const Box anchor = grid.anchor_shape(a);
      for (int32_t row = 0; row < state.request.target_count; ++row) {
        const Box& target = layer.boxes[row];
        if ((layer.neighbours[row] >> neighbour & 1) != 0 && within_ratio(loss, target, anchor)) {
          add(state, layer, row, a, neighbour_row(neighbour, target, grid), neighbour_column(neighbour, target, grid));
        }
      }
    }
  }
}

}  // namespace

void clear_assignment(Layer& layer) {
  for (const int32_t slot : layer.slots) {
    layer.first_on_slot[slot] = -1;
    layer.state[slot] = kFree;
  }
  layer.slots.clear();
  layer.positives.clear();
}

void assign_layer(StepState& state, Layer& layer) {
  const LossDescription& loss = *state.loss;
  const Grid& grid = layer.grid;
  if (loss.assignment_rule == AssignmentRule::kShapeRatioWithNeighbours) {
    assign_with_neighbours(state, layer);
    return;
  }
  for (int32_t row = 0; row < state.request.target_count; ++row) {
    const Target& t = state.targets[row];
    const Box target = state.truth(grid, row);
    const int32_t j = grid.row(t.cy), i = grid.column(t.cx);
    switch (loss.assignment_rule) {
      case AssignmentRule::kBestAnchorInCell:
        add_member(state, layer, row, best_anchor_in_cell(loss, grid, state.pool, target, j, i));
        break;
      case AssignmentRule::kBestShape: {
        const int32_t best = best_shape(loss, grid, state.pool, target);
        add_member(state, layer, row, best);
        for (int32_t n = 0; loss.extra_iou < 1 && n < loss.pool_count; ++n) {
          if (n != best && is_extra_shape(loss, grid, state.pool[n], target)) add_member(state, layer, row, n);
        }
        break;
      }
      case AssignmentRule::kShapeRatio: {
        const int32_t a = nearest_ratio(loss, grid, target);
        if (a >= 0) add(state, layer, row, a, j, i);
        break;
      }
      default:
        break;
    }
  }
}

void assign_best_prediction(StepState& state) {
  for (int32_t row = 0; row < state.request.target_count; ++row) {
    const Target& t = state.targets[row];
    int32_t best_anchor = 0;
    Layer* best_layer = &state.layers.front();
    double largest = -1;
    for (Layer& layer : state.layers) {
      const Grid& grid = layer.grid;
      const int32_t j = grid.row(t.cy), i = grid.column(t.cx);
      const Box truth = truth_in_cell(*state.loss, grid, state.truth(grid, row), j, i);
      for (int32_t a = 0; a < grid.anchors; ++a) {
        const int32_t slot = grid.slot(t.image, a, j, i);
        double raw[4];
        const SlotPlace place{t.image, a, j, i};
        read_box(layer, place, raw);
        for (int k = 0; k < 4; ++k) {
          if (!isfinite(raw[k])) state.scratch[0].prediction.note(grid.layer, slot, state.attributes(), k, raw[k]);
        }
        const double iou = plain_iou(match_frame(grid, decode_box(state.loss->decoding, grid, place, raw)), truth);
        if (iou > largest) {
          largest = iou;
          best_layer = &layer;
          best_anchor = a;
        }
      }
    }
    add(state, *best_layer, row, best_anchor, best_layer->grid.row(t.cy), best_layer->grid.column(t.cx));
  }
}

}  // namespace yololoss
