// Steps of the kernels on the emulated device against the CPU walk: two programs over the same formulas. The CPU walk is held to the
// golden files and the reference from Java, and so are the kernels; here every family meets every layout and type, and the kernels must not
// depend on what they must not depend on: the order of blocks and threads, earlier steps, memory that was there.
#include <doctest/doctest.h>
#include <math.h>

#include "device_engine.h"
#include "yololoss/element.h"

namespace yololoss {
namespace {

struct HostOutcome {
  StepResult result;
  std::vector<Parts> per_image;
  std::vector<MatchRow> matches;
  std::vector<uint8_t> states;
};

HostOutcome on_host(const LossDescription& loss, Input& input, const StepRequest& request, Tensors* gradients) {
  AbiEngine engine(loss);
  REQUIRE(engine.status() == YL_OK);
  StepResult result;
  REQUIRE(engine.step(request, input, gradients, &result) == YL_OK);
  HostOutcome out{result, {}, {}, {}};
  out.per_image.assign(result.per_image, result.per_image + input.images);
  out.matches.assign(result.matches, result.matches + result.match_count);
  for (int32_t l = 0; l < loss.head_count; ++l) {
    const TensorView& v = input.predictions.views[static_cast<size_t>(l)];
    out.states.insert(out.states.end(), result.states[l],
                      result.states[l] + input.images * loss.heads[l].anchor_count * v.height * v.width);
  }
  return out;
}

bool near(double a, double b, double of) {
  if (isnan(a) || isnan(b)) return isnan(a) && isnan(b);
  if (!isfinite(a) || !isfinite(b)) return a == b;
  return fabs(a - b) <= 1e-5 * fabs(a) + 1e-5 * of;
}

double largest_in(const Parts& p) { return fmax(fmax(fabs(p.box), fabs(p.objectness)), fabs(p.classification)); }

void check_parts(const Parts& a, const Parts& b, double of) {
  CHECK(near(a.box, b.box, of));
  CHECK(near(a.objectness, b.objectness, of));
  CHECK(near(a.classification, b.classification, of));
}

void check_outcome(const LossDescription& loss, const HostOutcome& host, const DeviceOutcome& device) {
  CHECK(host.states == device.states);
  REQUIRE(host.matches.size() == device.matches.size());
  for (size_t n = 0; n < host.matches.size(); ++n) {
    const MatchRow &a = host.matches[n], &b = device.matches[n];
    CHECK(memcmp(&a, &b, offsetof(MatchRow, iou)) == 0);  // who matched what is equal to the bit
    CHECK(a.iou == b.iou);
    CHECK(near(a.box_loss, b.box_loss, 1));
    CHECK(near(a.objectness_loss, b.objectness_loss, 1));
    CHECK(near(a.class_loss, b.class_loss, 1));
  }
  const StepResult &a = host.result, &b = device.result;
  const double of = isnan(largest_in(a.total)) ? 0 : largest_in(a.total);
  check_parts(a.total, b.total, 0);
  for (size_t image = 0; image < host.per_image.size(); ++image) check_parts(host.per_image[image], device.per_image[image], of);
  for (int32_t l = 0; l < loss.head_count; ++l) {
    check_parts(a.per_layer[l], b.per_layer[l], of);
    CHECK(near(a.raw_sums[l].xy, b.raw_sums[l].xy, 0));
    CHECK(near(a.raw_sums[l].wh, b.raw_sums[l].wh, 0));
    CHECK(near(a.raw_sums[l].overlap, b.raw_sums[l].overlap, 0));
    CHECK(near(a.raw_sums[l].objectness_on_matches, b.raw_sums[l].objectness_on_matches, 0));
    CHECK(near(a.raw_sums[l].objectness_elsewhere, b.raw_sums[l].objectness_elsewhere, 0));
    CHECK(near(a.raw_sums[l].classification, b.raw_sums[l].classification, 0));
    const DeltaTally &s = a.tallies[l], &t = b.tallies[l];
    CHECK(near(s.iou, t.iou, 0));
    CHECK(near(s.iou_loss, t.iou_loss, 1));
    CHECK(near(s.giou_loss, t.giou_loss, 1));
    CHECK(s.matches == t.matches);
    CHECK(s.boxes == t.boxes);
    CHECK(s.rewritten_boxes == t.rewritten_boxes);
    CHECK(near(s.box_squares, t.box_squares, 0));
    CHECK(near(s.objectness_squares, t.objectness_squares, 0));
    CHECK(near(s.class_squares, t.class_squares, 0));
    CHECK(near(a.next_balance[l], b.next_balance[l], 0));
  }
  CHECK(a.ignored == b.ignored);
  CHECK(a.match_count == b.match_count);
  CHECK(a.collisions == b.collisions);
  CHECK(near(a.mean_iou, b.mean_iou, 0));
  CHECK(near(a.recall50, b.recall50, 0));
  CHECK(near(a.recall75, b.recall75, 0));
  CHECK(near(a.objectness_on_matches, b.objectness_on_matches, 0));
  CHECK(near(a.objectness_elsewhere, b.objectness_elsewhere, 0));
  CHECK(a.non_finite_kind == b.non_finite_kind);
  CHECK(a.non_finite_layer == b.non_finite_layer);
  CHECK(a.non_finite_image == b.non_finite_image);
  CHECK(a.non_finite_anchor == b.non_finite_anchor);
  CHECK(a.non_finite_row == b.non_finite_row);
  CHECK(a.non_finite_column == b.non_finite_column);
  CHECK(a.non_finite_attribute == b.non_finite_attribute);
}

double element(Tensors& tensors, size_t head, int64_t i) { return load_element(tensors.views[head].type, tensors.at(head), i); }

// Within 1e-4 of itself and 1e-4 of the largest; padding untouched.
void check_gradients(Tensors& expected, Tensors& actual) {
  for (size_t head = 0; head < expected.memory.size(); ++head) {
    const int64_t n = static_cast<int64_t>(expected.memory[head].size() / size_of(expected.views[head].type));
    double largest = 0;
    for (int64_t i = 0; i < n; ++i)
      largest = isfinite(element(expected, head, i)) ? fmax(largest, fabs(element(expected, head, i))) : largest;
    int64_t off = 0;
    for (int64_t i = 0; i < n; ++i) {
      const double a = element(expected, head, i), b = element(actual, head, i);
      const bool same = isfinite(a) && isfinite(b) ? fabs(a - b) <= 1e-4 * fabs(a) + 1e-4 * largest : a == b || (isnan(a) && isnan(b));
      off += same ? 0 : 1;
    }
    CHECK(off == 0);
  }
}

Tensors converted(const Tensors& from, const Input& input, const LossDescription& loss, ElementType type, Order order) {
  Tensors to = tensors(loss, type, order, input.images, input.side, 0x77);
  for (size_t l = 0; l < to.views.size(); ++l) {
    const TensorView &f = from.views[l], &t = to.views[l];
    for (int32_t image = 0; image < input.images; ++image) {
      for (int32_t a = 0; a < loss.heads[l].anchor_count; ++a) {
        for (int32_t k = 0; k < 5 + loss.classes; ++k) {
          for (int32_t cell = 0; cell < t.height * t.width; ++cell) {
            const double v = load_element(f.type, from.memory[l].data(), element_index(f, image, a, k, cell / t.width, cell % t.width));
            store_element(t.type, to.memory[l].data(), element_index(t, image, a, k, cell / t.width, cell % t.width),
                          static_cast<float>(v));
          }
        }
      }
    }
  }
  return to;
}

void check_case(const Family& family, int32_t images, int32_t side, int targets, unsigned seed, ElementType type, Order order) {
  INFO(std::string(family.name) << ", " << images << " images, side " << side << ", " << targets << " targets, seed " << seed);
  Input input = draw_input(family.loss, images, side, targets, seed);
  input.predictions = converted(input.predictions, input, family.loss, type, order);
  StepRequest request = request_of(family.loss, input);
  request.gradient_scale = 8;
  Tensors expected = tensors(family.loss, type, order, images, side, 0x77), actual = expected;
  const HostOutcome host = on_host(family.loss, input, request, &expected);
  DeviceEngine engine(family.loss, input, std::max(request.target_count, 1));
  check_outcome(family.loss, host, engine.step(request, input, &actual));
  check_gradients(expected, actual);
}

// Losses that the families do not have: further anchors of a target, one class, weights of classes, new_coords, focal deltas.
std::vector<Family> variants() {
  std::vector<Family> all;
  for (const Family& family : families()) {
    const std::string name = family.name;
    LossDescription loss = family.loss;
    if (name == "yolov3-bce") {
      loss.extra_iou = 0.2;
      all.push_back({"yolov3-bce, extra_iou", loss});
      loss.sort_by_iou = 1;
    }
    if (name == "yolov5") {
      loss.classes = 1;
      all.push_back({"yolov5, one class", loss});
      loss = family.loss;
      loss.class_kind = ClassKind::kSoftmaxCrossEntropy;
      loss.sort_by_iou = 1;
      loss.iou_share = 0.5;
      all.push_back({"yolov5, softmax", loss});
      loss.box_convention = OverlapConvention::kYolov5_0;
      loss.classes = 40;
      all.push_back({"yolov5, 40 classes", loss});
    }
    if (name == "darknet") {
      loss.extra_iou = 0.2;
      loss.smooth = 1;
      all.push_back({"darknet, extra_iou and smooth", loss});
      loss.class_kind = ClassKind::kFocalDelta;
      loss.box_kind = BoxKind::kOneMinusGiou;
      loss.max_delta = 0.5;
      all.push_back({"darknet, focal and giou", loss});
      loss = family.loss;
      loss.decoding = BoxDecoding::kDarknetNewCoords;
      loss.truth_threshold = 0.1;
      loss.ignore_threshold = 0.05;
      loss.smooth = 1;
      all.push_back({"darknet, new_coords and many special slots", loss});
    }
    if (name == "yolov5") {
      loss = family.loss;
      loss.box_kind = BoxKind::kOneMinusGiou;
      all.push_back({"yolov5, giou", loss});
      loss.box_kind = BoxKind::kOneMinusDiou;
      all.push_back({"yolov5, diou", loss});
    }
    if (name == "yolov3-ratio") {
      loss.box_kind = BoxKind::kSquaredErrorCell;
      loss.ignore_rule = IgnoreRule::kIouAbove;
      loss.ignore_threshold = 0.3;
      all.push_back({"yolov3-ratio, squared errors and ignored", loss});
      loss.box_kind = BoxKind::kSquaredErrorCellAndIou;
      loss.objectness_target = ObjectnessTarget::kMatchIou;
      all.push_back({"yolov3-ratio, squared errors and iou", loss});
    }
    if (name == "darknet-autodiff") {
      loss.box_kind = BoxKind::kSquaredErrorDarknet;
      all.push_back({"darknet-autodiff, squared errors", loss});
      loss = family.loss;
      loss.gradient_mode = GradientMode::kDarknet;
      loss.box_kind = BoxKind::kOneMinusDiou;
      loss.max_delta = 0.1;
      all.push_back({"darknet-autodiff, darknet's gradient", loss});
    }
    if (name == "yolov2") {
      loss.anchor_unit = AnchorUnit::kImage;
      for (int n = 0; n < loss.pool_count; ++n) loss.pool[n] = {loss.pool[n].width / 128, loss.pool[n].height / 64};
      all.push_back({"yolov2, anchors relative to the image", loss});
    }
  }
  return all;
}

TEST_CASE("every family agrees with the CPU walk") {
  for (const Family& family : families()) {
    for (unsigned seed = 1; seed <= 3; ++seed) {
      check_case(family, 3, 96, 12, seed, ElementType::kF32, Order::kPlanes);
      check_case(family, 1, 32, 1, seed, ElementType::kF32, Order::kPlanes);
      check_case(family, 2, 64, 0, seed, ElementType::kF32, Order::kPlanes);
    }
    check_case(family, 2, 576, 40, 9, ElementType::kF32, Order::kPlanes);  // several tiles a plane
  }
}

TEST_CASE("every layout and type agrees with the CPU walk") {
  for (const Family& family : families()) {
    for (const ElementType type : {ElementType::kF32, ElementType::kF16, ElementType::kBf16}) {
      for (const Order order : {Order::kPlanes, Order::kAttributeLast, Order::kPaddedRows}) check_case(family, 2, 64, 10, 5, type, order);
    }
  }
}

TEST_CASE("a kept buffer equals a cleared one, step after step") {
  std::vector<Family> all = families();
  for (const Family& family : variants()) all.push_back(family);
  for (const Family& family : all) {
    INFO(std::string(family.name));
    Input first = draw_input(family.loss, 2, 96, 9, 1);
    DeviceEngine keeper(family.loss, first, 64);
    Tensors kept = tensors(family.loss, ElementType::kF32, Order::kPlanes, 2, 96, 0x77);
    for (unsigned seed = 1; seed <= 5; ++seed) {
      Input input = draw_input(family.loss, 2, 96, static_cast<int>(3 * seed % 10), seed);
      const StepRequest request = request_of(family.loss, input);
      keeper.step(request, input, &kept, true);
      if (seed == 3) keeper.step(request, input, nullptr);  // a value alone leaves the gradients
      DeviceEngine other(family.loss, input, 64);
      Tensors cleared = tensors(family.loss, ElementType::kF32, Order::kPlanes, 2, 96, 0x77);
      other.step(request, input, &cleared);
      CHECK(kept == cleared);
    }
  }
}

TEST_CASE("clearing leaves zeros, and padding as it was") {
  const LossDescription loss = families().front().loss;
  for (const Order order : {Order::kPlanes, Order::kAttributeLast, Order::kPaddedRows}) {
    Input input = draw_input(loss, 2, 96, 3, 1);
    DeviceEngine engine(loss, input, 8);
    Tensors gradients = tensors(loss, ElementType::kF32, order, 2, 96, 0x77);
    engine.clear(gradients);
    Tensors expected = converted(tensors(loss, ElementType::kF32, Order::kPlanes, 2, 96, 0), input, loss, ElementType::kF32, order);
    CHECK(gradients == expected);
  }
}

TEST_CASE("odd logits end where the CPU walk puts them") {
  const float odd[] = {NAN, INFINITY, -INFINITY, 100, -100, 1e30f, -1e30f, 3e38f, 0.0f, -0.0f};
  for (const Family& family : families()) {
    for (int n = 0; n < 10; ++n) {
      for (const NonFinitePolicy policy : {NonFinitePolicy::kReport, NonFinitePolicy::kZero}) {
        INFO(std::string(family.name) << ", logit " << odd[n]);
        Input input = draw_input(family.loss, 2, 64, 8, 3);
        for (auto& memory : input.predictions.memory) {
          for (size_t i = static_cast<size_t>(n); i < memory.size() / 4; i += 53) memcpy(&memory[4 * i], &odd[n], 4);
        }
        StepRequest request = request_of(family.loss, input);
        request.non_finite = policy;
        Tensors expected = tensors(family.loss, ElementType::kF32, Order::kPlanes, 2, 64, 0x77), actual = expected;
        const HostOutcome host = on_host(family.loss, input, request, &expected);
        DeviceEngine engine(family.loss, input, 32);
        check_outcome(family.loss, host, engine.step(request, input, &actual));
        check_gradients(expected, actual);
      }
    }
  }
}

TEST_CASE("variants agree with the CPU walk") {
  for (const Family& family : variants()) {
    for (unsigned seed = 1; seed <= 4; ++seed) check_case(family, 2, 96, 25, seed, ElementType::kF32, Order::kPlanes);
    check_case(family, 1, 64, 6, 7, ElementType::kF16, Order::kAttributeLast);
    check_case(family, 1, 64, 6, 7, ElementType::kF64, Order::kPlanes);
  }
}

TEST_CASE("weights of classes agree with the CPU walk") {
  for (const Family& family : families()) {
    if (family.loss.objectness_kind == ObjectnessKind::kDelta) continue;
    INFO(std::string(family.name));
    LossDescription loss = family.loss;
    loss.has_class_weights = 1;
    const double weights[3] = {0.25, 1, 3};
    Input input = draw_input(loss, 2, 96, 12, 4);
    const StepRequest request = request_of(loss, input);
    Tensors expected = tensors(loss, ElementType::kF32, Order::kPlanes, 2, 96, 0x77), actual = expected;
    void* host = nullptr;
    REQUIRE(yl_open(&loss, weights, 1, 1, &host) == YL_OK);
    StepRequest with_gradients = request;
    with_gradients.has_gradients = 1;
    for (size_t l = 0; l < expected.views.size(); ++l) with_gradients.gradients[l] = expected.views[l];
    StepResult result;
    Tensors& p = input.predictions;
    REQUIRE(yl_step(host, &with_gradients, input.targets.data(), &result, p.at(0), p.at(1), p.at(2), p.at(3), p.at(4), p.at(5), p.at(6),
                    p.at(7), expected.at(0), expected.at(1), expected.at(2), expected.at(3), expected.at(4), expected.at(5), expected.at(6),
                    expected.at(7)) == YL_OK);
    DeviceEngine engine(loss, input, 64);
    engine.class_weights(weights);
    check_parts(result.total, engine.step(request, input, &actual).result.total, 0);
    check_gradients(expected, actual);
    yl_close(host);
  }
}

TEST_CASE("blocks that take several tiles agree with the CPU walk") {
  for (const Family& family : families()) check_case(family, 450, 32, 70, 2, ElementType::kF32, Order::kPlanes);
}

TEST_CASE("crowded images agree with the CPU walk") {
  for (const Family& family : families()) check_case(family, 1, 64, 400, 6, ElementType::kF32, Order::kPlanes);
}

TEST_CASE("many targets on one slot agree with the CPU walk") {
  std::vector<Family> all = families();
  for (const Family& family : variants()) all.push_back(family);
  for (const Family& family : all) {
    INFO(std::string(family.name));
    Input input = draw_input(family.loss, 1, 64, 60, 11);
    for (Target& target : input.targets) target.cx = target.cy = 0.4;
    const StepRequest request = request_of(family.loss, input);
    Tensors expected = tensors(family.loss, ElementType::kF32, Order::kPlanes, 1, 64, 0x77), actual = expected;
    const HostOutcome host = on_host(family.loss, input, request, &expected);
    DeviceEngine engine(family.loss, input, 128);
    check_outcome(family.loss, host, engine.step(request, input, &actual));
    check_gradients(expected, actual);
  }
}

template <typename T>
bool same_bytes(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && (a.empty() || memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}

TEST_CASE("no bit depends on the order of blocks and threads") {
  std::vector<Family> all = families();
  for (const Family& family : variants()) all.push_back(family);
  for (const Family& family : all) {
    INFO(std::string(family.name));
    Input input = draw_input(family.loss, 2, 96, 30, 8);
    const StepRequest request = request_of(family.loss, input);
    DeviceOutcome first{};
    Tensors first_gradients;
    for (uint64_t seed = 1; seed <= 10; ++seed) {
      emulator::seed_order(seed);
      DeviceEngine engine(family.loss, input, 64);
      Tensors gradients = tensors(family.loss, ElementType::kF32, Order::kPlanes, 2, 96, 0x77);
      const DeviceOutcome outcome = engine.step(request, input, &gradients);
      if (seed == 1) {
        first = outcome;
        first_gradients = gradients;
        continue;
      }
      CHECK(memcmp(&first.result, &outcome.result, sizeof first.result) == 0);
      CHECK(same_bytes(first.per_image, outcome.per_image));
      CHECK(same_bytes(first.matches, outcome.matches));
      CHECK(first.states == outcome.states);
      CHECK(first_gradients == gradients);
    }
  }
}

TEST_CASE("decoding agrees with the CPU walk") {
  std::vector<Family> all = families();
  for (const Family& family : variants()) all.push_back(family);
  for (const Family& family : all) {
    INFO(std::string(family.name));
    Input input = draw_input(family.loss, 2, 64, 0, 3);
    int64_t values = 0;
    for (const auto& memory : input.predictions.memory) values += static_cast<int64_t>(memory.size() / 4);
    std::vector<double> expected(static_cast<size_t>(values), 7), actual(static_cast<size_t>(values), 9);
    AbiEngine host(family.loss);
    const StepRequest request = request_of(family.loss, input);
    Tensors& p = input.predictions;
    REQUIRE(yl_decode(host.handle(), &request, expected.data(), p.at(0), p.at(1), p.at(2), p.at(3), p.at(4), p.at(5), p.at(6), p.at(7)) ==
            YL_OK);
    DeviceEngine device(family.loss, input, 1);
    device.decode_into(input, actual.data(), 3);
    // each side has an exp of its own
    int far = 0;
    for (size_t i = 0; i < expected.size(); ++i) far += !(fabs(expected[i] - actual[i]) <= 1e-14 * fabs(expected[i]));
    CHECK(far == 0);
  }
}

TEST_CASE("gradients beyond their type's range are reported, and 0 where the policy says so") {
  for (const Family& family : families()) {
    for (const ElementType type : {ElementType::kF32, ElementType::kF16, ElementType::kBf16}) {
      for (const NonFinitePolicy policy : {NonFinitePolicy::kReport, NonFinitePolicy::kZero}) {
        INFO(std::string(family.name) << ", type " << static_cast<int>(type));
        Input input = draw_input(family.loss, 1, 64, 5, 2);
        StepRequest request = request_of(family.loss, input);
        request.non_finite = policy;
        request.gradient_scale = type == ElementType::kF16 ? 1e7 : 1e41;
        Tensors expected = tensors(family.loss, type, Order::kPlanes, 1, 64, 0x77), actual = expected;
        const HostOutcome host = on_host(family.loss, input, request, &expected);
        DeviceEngine engine(family.loss, input, 32);
        const DeviceOutcome device = engine.step(request, input, &actual);
        CHECK(device.result.non_finite_kind == NonFiniteKind::kGradient);
        check_outcome(family.loss, host, device);
        check_gradients(expected, actual);
      }
    }
  }
}

TEST_CASE("a loss that overflows while its values are finite is reported as such") {
  LossDescription loss = families().front().loss;
  loss.objectness_weight = 1e308;
  Input input = draw_input(loss, 1, 64, 3, 1);
  const StepRequest request = request_of(loss, input);
  DeviceEngine engine(loss, input, 8);
  const DeviceOutcome outcome = engine.step(request, input, nullptr);
  CHECK(outcome.result.non_finite_kind == NonFiniteKind::kLoss);
  CHECK(outcome.result.non_finite_value == INFINITY);
}

// The comparison itself must see what it is for.
TEST_CASE("a gradient that is off by more than it may is seen") {
  const LossDescription loss = families().front().loss;
  Tensors a = tensors(loss, ElementType::kF32, Order::kPlanes, 1, 32, 0);
  const float one = 1, near_one = 1.0003f;
  memcpy(a.memory[0].data(), &one, 4);
  memcpy(a.memory[0].data() + 4, &near_one, 4);
  CHECK(fabs(element(a, 0, 0) - element(a, 0, 1)) > 1e-4 + 1e-4);
  CHECK_FALSE(near(NAN, 1, 1e9));
  CHECK_FALSE(near(1.0, 1.001, 1));
}

}  // namespace
}  // namespace yololoss
