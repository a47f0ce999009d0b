// The bounded search finds exactly what the plain double loop over all slots and targets finds.
#include <doctest/doctest.h>
#include <stdio.h>

#include "losses.h"
#include "yololoss/decode_box.h"
#include "yololoss/plain_iou.h"

namespace yololoss {
namespace {

struct Found {
  std::vector<std::vector<uint8_t>> states;  // by head
  int64_t ignored = 0;
};

Found search(const LossDescription& loss, Input& input, int32_t threads, int32_t instruction_set) {
  AbiEngine engine(loss, threads, instruction_set);
  REQUIRE(engine.status() == YL_OK);
  StepRequest request = request_of(loss, input);
  request.mode = StepMode::kSearchIgnored;
  StepResult result;
  REQUIRE(engine.step(request, input, nullptr, &result) == YL_OK);
  Found found;
  for (int32_t l = 0; l < loss.head_count; ++l) {
    const TensorView& v = input.predictions.views[l];
    const size_t slots = static_cast<size_t>(input.images) * loss.heads[l].anchor_count * v.height * v.width;
    found.states.emplace_back(result.states[l], result.states[l] + slots);
  }
  for (const auto& states : found.states) {
    for (const uint8_t state : states) found.ignored += state == 1;
  }
  return found;
}

Grid grid_of(const LossDescription& loss, const Input& input, int32_t l) {
  Grid grid{};
  grid.layer = l;
  grid.images = input.images;
  grid.anchors = loss.heads[l].anchor_count;
  grid.height = input.predictions.views[l].height;
  grid.width = input.predictions.views[l].width;
  grid.stride = loss.heads[l].stride;
  grid.in_image_units = loss.decoding == BoxDecoding::kDarknet || loss.decoding == BoxDecoding::kDarknetNewCoords;
  grid.scale_xy = loss.heads[l].scale_xy;
  for (int32_t a = 0; a < grid.anchors; ++a) {
    grid.members[a] = loss.heads[l].anchors[a];
    grid.anchor_width[a] = loss.pool[grid.members[a]].width;
    grid.anchor_height[a] = loss.pool[grid.members[a]].height;
  }
  return grid;
}

float logit(const Input& input, const Grid& grid, int32_t slot, int attribute) {
  const TensorView& v = input.predictions.views[grid.layer];
  const int64_t index = grid.image_of(slot) * v.image_stride + grid.anchor_of(slot) * v.anchor_stride + attribute * v.attribute_stride +
                        grid.row_of(slot) * v.row_stride + grid.column_of(slot) * v.column_stride;
  float value;
  memcpy(&value, &input.predictions.memory[grid.layer][static_cast<size_t>(index) * sizeof value], sizeof value);
  return value;
}

// How many slots the search judges otherwise than the plain loop does. `threshold` is the loop's own, for the negative control.
int64_t differences(const LossDescription& loss, const Input& input, const Found& found, double threshold, int64_t* ties = nullptr) {
  int64_t wrong = 0;
  for (int32_t l = 0; l < loss.head_count; ++l) {
    const Grid grid = grid_of(loss, input, l);
    std::vector<double> best(grid.slots(), 0);
    std::vector<uint8_t> any_above(input.images, 0);
    for (int32_t slot = 0; slot < grid.slots(); ++slot) {
      double raw[4];
      for (int k = 0; k < 4; ++k) raw[k] = static_cast<double>(logit(input, grid, slot, k));
      const Box box = decode_box(loss.decoding, grid, grid.place(slot), raw).box;
      for (const Target& t : input.targets) {
        if (t.image == grid.image_of(slot)) best[slot] = max_of(best[slot], plain_iou(box, grid.target(t.cx, t.cy, t.w, t.h)));
      }
      if (ties) *ties += best[slot] == threshold;
      any_above[grid.image_of(slot)] |= best[slot] > threshold;
    }
    for (int32_t slot = 0; slot < grid.slots(); ++slot) {
      bool ignored = best[slot] > threshold;
      // at least: nobody is ignored unless some slot of the image is strictly above
      if (loss.ignore_rule == IgnoreRule::kIouAtLeast) ignored = best[slot] >= threshold && any_above[grid.image_of(slot)];
      if (loss.ignore_rule == IgnoreRule::kIouAboveAndClass) {
        bool probable = false;
        for (int32_t c = 0; c < loss.classes; ++c) {
          probable |= probability(loss.decoding, static_cast<double>(logit(input, grid, slot, 5 + c))) > 0.25;
        }
        ignored = ignored && probable;
      }
      const uint8_t state = found.states[l][slot];
      if (state == 2) continue;
      wrong += state != (ignored ? 1 : 0);
    }
  }
  return wrong;
}

struct Rule {
  const char* name;
  BoxDecoding decoding;
  IgnoreRule rule;
};

const Rule kRules[] = {{"at least", BoxDecoding::kSigmoidExp, IgnoreRule::kIouAtLeast},
                       {"above", BoxDecoding::kSigmoidExp, IgnoreRule::kIouAbove},
                       {"above, limited", BoxDecoding::kSigmoidExpLimited, IgnoreRule::kIouAbove},
                       {"darknet", BoxDecoding::kDarknet, IgnoreRule::kIouAboveAndClass},
                       {"darknet, new coords", BoxDecoding::kDarknetNewCoords, IgnoreRule::kIouAboveAndClass}};

LossDescription loss_of(const Rule& rule, double threshold) {
  LossDescription loss = plain_loss();
  loss.decoding = rule.decoding;
  loss.ignore_rule = rule.rule;
  loss.ignore_threshold = threshold;
  if (rule.rule == IgnoreRule::kIouAboveAndClass) {
    loss.heads[0].scale_xy = 1.5;
    loss.box_kind = BoxKind::kSquaredErrorDarknet;
    loss.box_convention = OverlapConvention::kDarknet;
    loss.objectness_kind = ObjectnessKind::kDelta;
    loss.class_kind = ClassKind::kDelta;
    loss.collision = Collision::kAddDeltas;
  }
  return loss;
}

void compare(const char* name, const LossDescription& loss, Input& input, int64_t* ignored, int64_t* ties = nullptr) {
  for (const int32_t set : {1, 0}) {
    const Found found = search(loss, input, set == 1 ? 1 : 3, set);
    INFO(std::string(name) << ", threshold " << loss.ignore_threshold << ", instruction set " << set);
    CHECK(differences(loss, input, found, loss.ignore_threshold, ties) == 0);
    *ignored += found.ignored;
  }
}

TEST_CASE("random planes, from empty to crowded") {
  for (const Rule& rule : kRules) {
    int64_t ignored = 0;
    for (const double threshold : {0.0, 0.0005, 0.05, 0.3, 0.5, 0.7, 0.95}) {
      const LossDescription loss = loss_of(rule, threshold);
      unsigned seed = 1;
      for (const int targets : {0, 1, 5, 300}) {
        for (const int32_t side : {32, 96, 224}) {
          Input input = draw_input(loss, 2, side, targets, seed++);
          compare(rule.name, loss, input, &ignored);
        }
      }
    }
    CHECK(ignored > 1000);
  }
}

// Logits of 0 in the middle of a cell: boxes of the anchor's size around targets of just that size, shifted by cells, with IoUs that are
// exact in double, and thresholds that are those IoUs.
TEST_CASE("ties are decided in double") {
  int64_t ties = 0, ignored = 0;
  for (const Rule& rule : kRules) {
    if (rule.decoding == BoxDecoding::kDarknetNewCoords) continue;
    for (const double threshold : {1.0 / 3, 0.5, 0.6, 0.25, 3.0 / 5, 7.0 / 9, 1.0 / 7}) {
      LossDescription loss = loss_of(rule, threshold);
      for (int n = 0; n < loss.pool_count; ++n) loss.pool[n] = {64.0 * (1 + n % 2), 64};
      for (auto& head : loss.heads) head.scale_xy = 1;
      Input input = draw_input(loss, 1, 256, 0, 7);
      for (auto& memory : input.predictions.memory) memset(memory.data(), 0, memory.size());
      for (const double side : {64.0, 32.0, 128.0, 112.0, 192.0}) {
        for (int k = 0; k < 4; ++k) input.targets.push_back({0, 0, (80.0 + 96 * k) / 512, (80.0 + 32 * k) / 256, side / 512, 64.0 / 256});
      }
      compare(rule.name, loss, input, &ignored, &ties);
    }
  }
  printf("slots at a tie: %lld, ignored: %lld\n", static_cast<long long>(ties), static_cast<long long>(ignored));
  CHECK(ties > 100);
}

// new_coords outputs are not bound to their cell, and large ones have few digits in float.
TEST_CASE("new coords far from their cell") {
  int64_t ignored = 0;
  for (const double threshold : {0.3, 0.5, 0.9}) {
    LossDescription loss = loss_of(kRules[4], threshold);
    for (int n = 0; n < loss.pool_count; ++n) loss.pool[n] = {0.5 + n, 0.5 + n};
    Input input = draw_input(loss, 1, 16 * 96, 0, 3);
    std::mt19937 random(11);
    const auto unit = [&] { return random() / 4294967296.0; };
    for (int n = 0; n < 40; ++n) {
      // targets of a few hundredths of a cell, and slots anywhere that say they are just there, or a little beside
      const int32_t l = n % 2;
      const Grid grid = grid_of(loss, input, l);
      const TensorView& v = input.predictions.views[l];
      const double side = (0.025 + 0.05 * unit()), cx = unit(), cy = unit();
      input.targets.push_back({0, 0, cx, cy, side / grid.width, side / grid.height});
      for (int k = 0; k < 200; ++k) {
        const int32_t row = static_cast<int32_t>(random() % grid.height), column = static_cast<int32_t>(random() % grid.width);
        const int32_t a = static_cast<int32_t>(random() % grid.anchors);
        const double scale = grid.scale_xy, shift = 0.5 * (scale - 1), beside = side * unit() * (1 - threshold);
        const double sides = sqrt(side * grid.stride / grid.anchor_width[a]) / 2;
        const double raw[4] = {(cx * grid.width - column + beside + shift) / scale, (cy * grid.height - row + shift) / scale, sides, sides};
        for (int i = 0; i < 4; ++i) {
          const float value = static_cast<float>(raw[i]);
          const int64_t index = a * v.anchor_stride + i * v.attribute_stride + row * v.row_stride + column;
          memcpy(&input.predictions.memory[l][static_cast<size_t>(index) * sizeof value], &value, sizeof value);
        }
      }
    }
    compare("new coords far away", loss, input, &ignored);
  }
  CHECK(ignored > 100);
}

// Negative control: another threshold, and one slot told wrongly, show.
TEST_CASE("a wrong search shows") {
  const LossDescription loss = loss_of(kRules[1], 0.4);
  Input input = draw_input(loss, 2, 224, 20, 5);
  Found found = search(loss, input, 1, 1);
  CHECK(differences(loss, input, found, 0.4) == 0);
  CHECK(differences(loss, input, found, 0.45) > 0);
  for (uint8_t& state : found.states[0]) {
    if (state == 1) {
      state = 0;
      break;
    }
  }
  CHECK(differences(loss, input, found, 0.4) == 1);
}

}  // namespace
}  // namespace yololoss
