// Steps through the C ABI. What the numbers have to be is tested against the golden files and the reference from Java; here it is that
// they do not depend on what they must not depend on: threads, earlier steps, memory that was there, element order.
#include <doctest/doctest.h>
#include <math.h>

#include <thread>

#include "losses.h"
#include "step_state.h"
#include "tensor_access.h"

namespace yololoss {
namespace {

// Everything a step gives, by value.
struct Outcome {
  StepResult result;
  std::vector<Parts> per_image;
  std::vector<MatchRow> matches;
  std::vector<uint8_t> states;
  std::vector<double> gradient;  // without padding

  double total() const { return result.total.box + result.total.objectness + result.total.classification; }
};

template <typename T>
bool same_bytes(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && (a.empty() || memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}

// Bit by bit, but for the addresses.
bool same(const Outcome& a, const Outcome& b) {
  StepResult x = a.result, y = b.result;
  for (StepResult* r : {&x, &y}) {
    r->per_image = nullptr;
    r->matches = nullptr;
    for (const uint8_t*& states : r->states) states = nullptr;
  }
  return memcmp(&x, &y, sizeof x) == 0 && same_bytes(a.per_image, b.per_image) && same_bytes(a.matches, b.matches) &&
         a.states == b.states && same_bytes(a.gradient, b.gradient);
}

void read_gradient(const LossDescription& loss, Tensors& tensors, int32_t images, std::vector<double>* out) {
  for (int32_t l = 0; l < loss.head_count; ++l) {
    const TensorAccess access(tensors.views[l], tensors.at(l));
    const TensorView& v = tensors.views[l];
    for (int32_t image = 0; image < images; ++image) {
      for (int32_t a = 0; a < loss.heads[l].anchor_count; ++a) {
        for (int32_t k = 0; k < 5 + loss.classes; ++k) {
          for (int32_t cell = 0; cell < v.height * v.width; ++cell) {
            out->push_back(access.get(access.index(image, a, k, cell / v.width, cell % v.width)));
          }
        }
      }
    }
  }
}

Outcome take(const LossDescription& loss, const Input& input, const StepResult& result) {
  Outcome outcome{result, {}, {}, {}, {}};
  outcome.per_image.assign(result.per_image, result.per_image + input.images);
  outcome.matches.assign(result.matches, result.matches + result.match_count);
  for (int32_t l = 0; l < loss.head_count; ++l) {
    const TensorView& v = input.predictions.views[l];
    outcome.states.insert(outcome.states.end(), result.states[l],
                          result.states[l] + input.images * loss.heads[l].anchor_count * v.height * v.width);
  }
  return outcome;
}

Outcome run(AbiEngine& engine, const LossDescription& loss, Input& input, Tensors& gradients, bool keeps = false,
            NonFinitePolicy policy = NonFinitePolicy::kReport) {
  StepRequest request = request_of(loss, input);
  request.keeps_gradients = keeps;
  request.non_finite = policy;
  StepResult result;
  const int32_t status = engine.step(request, input, &gradients, &result);
  INFO(yl_last_error());
  REQUIRE(status == YL_OK);
  Outcome outcome = take(loss, input, result);
  read_gradient(loss, gradients, input.images, &outcome.gradient);
  return outcome;
}

Tensors poisoned(const LossDescription& loss, const Input& input, ElementType type = ElementType::kF32, Order order = Order::kPlanes) {
  return tensors(loss, type, order, input.images, input.side, 0x77);
}

Outcome fresh(const LossDescription& loss, Input& input, int32_t threads = 1, int32_t instruction_set = 1) {
  AbiEngine engine(loss, threads, instruction_set);
  REQUIRE(engine.status() == YL_OK);
  Tensors gradients = poisoned(loss, input);
  return run(engine, loss, input, gradients);
}

bool close(double a, double b, double largest) { return fabs(a - b) <= 1e-5 * largest + 1e-5 * fabs(a); }

double largest_of(const std::vector<double>& values) {
  double largest = 0;
  for (const double v : values) largest = fmax(largest, fabs(v));
  return largest;
}

TEST_CASE("every family gives a loss and a gradient") {
  for (const Family& family : families()) {
    INFO(std::string(family.name));
    Input input = draw_input(family.loss, 3, 96, 12, 1);
    const Outcome outcome = fresh(family.loss, input);
    CHECK(outcome.result.non_finite_kind == NonFiniteKind::kNone);
    CHECK(isfinite(outcome.total()));
    CHECK(outcome.total() > 0);
    CHECK(outcome.result.match_count > 0);
    CHECK(largest_of(outcome.gradient) > 0);
    for (const double g : outcome.gradient) CHECK_UNARY(isfinite(g));
    Parts sum{};
    for (const Parts& parts : outcome.per_image)
      sum = {sum.box + parts.box, sum.objectness + parts.objectness, sum.classification + parts.classification};
    CHECK(close(sum.box + sum.objectness + sum.classification, outcome.total(), outcome.total()));
  }
}

TEST_CASE("the same bits on any number of threads") {
  for (const Family& family : families()) {
    INFO(std::string(family.name));
    for (const int32_t set : {1, 0}) {
      Input input = draw_input(family.loss, 4, 160, 40, 2);
      const Outcome expected = fresh(family.loss, input, 1, set);
      for (const int32_t threads : {2, 3, 8}) CHECK_UNARY(same(fresh(family.loss, input, threads, set), expected));
    }
  }
}

TEST_CASE("a kept gradient is what a cleared one is, whatever came before") {
  for (const Family& family : families()) {
    INFO(std::string(family.name));
    const LossDescription& loss = family.loss;
    AbiEngine engine(loss, 2);
    std::vector<Tensors> kept;  // the buffers of both shapes stay, so that the engine comes back to an old one
    std::vector<int32_t> sides;
    unsigned seed = 0;
    for (const int32_t side : {64, 64, 96, 96, 64, 64, 96, 64}) {
      for (const int targets : {9, 0, 30}) {
        Input input = draw_input(loss, 2, side, targets, ++seed);
        size_t at = 0;
        while (at < sides.size() && sides[at] != side) ++at;
        if (at == sides.size()) {
          sides.push_back(side);
          kept.push_back(poisoned(loss, input));
        }
        const Outcome expected = fresh(loss, input);
        CHECK_UNARY(same(run(engine, loss, input, kept[at], true), expected));
        if (seed % 5 == 0) {  // a step into other memory between
          Tensors own = poisoned(loss, input, ElementType::kF16, Order::kAttributeLast);
          run(engine, loss, input, own);
        }
        if (seed % 7 == 0) {  // a value between
          StepResult result;
          CHECK(engine.step(request_of(loss, input), input, nullptr, &result) == YL_OK);
          CHECK(memcmp(&result.total, &expected.result.total, sizeof(Parts)) == 0);
        }
      }
    }
  }
}

TEST_CASE("no targets: no box and no class loss, and no gradient but the objectness") {
  for (const Family& family : families()) {
    INFO(std::string(family.name));
    Input input = draw_input(family.loss, 2, 64, 0, 3);
    const Outcome outcome = fresh(family.loss, input);
    CHECK(outcome.result.match_count == 0);
    CHECK(outcome.result.total.box == 0);
    CHECK(outcome.result.total.classification == 0);
    CHECK((outcome.result.total.objectness > 0) == (family.loss.empty_images == EmptyImages::kCount));
    Input one = draw_input(family.loss, 2, 64, 5, 3);  // the images of `input`, with targets: nothing of it remains
    AbiEngine engine(family.loss);
    Tensors gradients = poisoned(family.loss, one);
    run(engine, family.loss, one, gradients, true);
    CHECK_UNARY(same(run(engine, family.loss, input, gradients, true), outcome));
  }
}

TEST_CASE("element type and order change no bit but by rounding, and padding is left alone") {
  for (const Family& family : families()) {
    INFO(std::string(family.name));
    const LossDescription& loss = family.loss;
    Input input = draw_input(loss, 2, 64, 8, 4);
    const Outcome expected = fresh(loss, input);
    AbiEngine engine(loss);
    for (const Order order : {Order::kPlanes, Order::kAttributeLast, Order::kPaddedRows}) {
      for (const ElementType type : {ElementType::kF32, ElementType::kF16, ElementType::kBf16}) {
        Input other{input.images, input.side, tensors(loss, type, order, input.images, input.side, 0x77), input.targets};
        for (int32_t l = 0; l < loss.head_count; ++l) {
          const TensorAccess from(input.predictions.views[l], input.predictions.at(l)),
              to(other.predictions.views[l], other.predictions.at(l));
          const TensorView& v = from.view();
          const int32_t anchors = loss.heads[l].anchor_count, cells = v.height * v.width, n = 5 + loss.classes;
          for (int32_t i = 0; i < input.images * anchors * n * cells; ++i) {
            const int32_t column = i % v.width, row = i / v.width % v.height, k = i / cells % n, a = i / cells / n % anchors;
            const int32_t image = i / cells / n / anchors;
            to.set(to.index(image, a, k, row, column), from.get(from.index(image, a, k, row, column)));
          }
        }
        Tensors gradients = poisoned(loss, input, ElementType::kF32, order);
        const Outcome outcome = run(engine, loss, other, gradients);
        CHECK(outcome.states == expected.states);
        CHECK(close(outcome.total(), expected.total(), expected.total()));
        const double largest = largest_of(expected.gradient);
        int far = 0;
        for (size_t i = 0; i < expected.gradient.size(); ++i) far += !close(outcome.gradient[i], expected.gradient[i], largest);
        CHECK(far == 0);
        if (order != Order::kPaddedRows) continue;
        int touched = 0;
        for (size_t l = 0; l < gradients.views.size(); ++l) {
          const TensorView& v = gradients.views[l];
          const size_t row_bytes = static_cast<size_t>(v.row_stride) * 4, own = static_cast<size_t>(v.width) * 4;
          for (size_t i = 0; i < gradients.memory[l].size(); ++i) touched += i % row_bytes >= own && gradients.memory[l][i] != 0x77;
        }
        CHECK(touched == 0);
      }
    }
  }
}

TEST_CASE("instruction sets decide alike and compute nearly alike") {
  if (yl_open(nullptr, nullptr, 1, 2, nullptr) != YL_INVALID_ARGUMENT) FAIL("null was opened");
  for (const Family& family : families()) {
    AbiEngine avx2(family.loss, 1, 2);
    if (avx2.status() != YL_OK) {
      MESSAGE("no AVX2 here: " << yl_last_error());
      return;
    }
    INFO(std::string(family.name));
    Input input = draw_input(family.loss, 3, 128, 20, 5);
    const Outcome a = fresh(family.loss, input, 1, 1), b = fresh(family.loss, input, 1, 2);
    CHECK(a.states == b.states);
    CHECK(a.matches.size() == b.matches.size());
    CHECK(close(a.total(), b.total(), a.total()));
    const double largest = largest_of(a.gradient);
    int far = 0;
    for (size_t i = 0; i < a.gradient.size(); ++i) far += !close(a.gradient[i], b.gradient[i], largest);
    CHECK(far == 0);
  }
}

TEST_CASE("a value that is not finite is named, and clears the gradient under THROW") {
  for (const Family& family : families()) {
    INFO(std::string(family.name));
    const LossDescription& loss = family.loss;
    for (const float bad : {static_cast<float>(NAN), HUGE_VALF, -HUGE_VALF}) {
      Input input = draw_input(loss, 2, 64, 6, 6);
      const Outcome before = fresh(loss, input);
      REQUIRE(!before.matches.empty());
      const MatchRow& match = before.matches.front();  // its objectness is read by every loss
      const TensorView& v = input.predictions.views[match.layer];
      const int64_t index =
          match.image * v.image_stride + match.anchor * v.anchor_stride + 4 * v.attribute_stride + match.row * v.row_stride + match.column;
      memcpy(input.predictions.memory[match.layer].data() + index * 4, &bad, 4);
      AbiEngine engine(loss, 2);
      Tensors gradients = poisoned(loss, input);
      const Outcome thrown = run(engine, loss, input, gradients, true, NonFinitePolicy::kThrow);
      CHECK(thrown.result.non_finite_kind == NonFiniteKind::kPrediction);
      CHECK(thrown.result.non_finite_layer == match.layer);
      CHECK(thrown.result.non_finite_image == match.image);
      CHECK(thrown.result.non_finite_anchor == match.anchor);
      CHECK(thrown.result.non_finite_row == match.row);
      CHECK(thrown.result.non_finite_column == match.column);
      CHECK(thrown.result.non_finite_attribute == 4);
      CHECK(largest_of(thrown.gradient) == 0);
      Input good = draw_input(loss, 2, 64, 6, 6);
      CHECK_UNARY(same(run(engine, loss, good, gradients, true), before));
    }
  }
}

TEST_CASE("bad arguments get a status and a message") {
  const LossDescription loss = plain_loss();
  void* handle = nullptr;
  CHECK(yl_open(nullptr, nullptr, 1, 1, &handle) == YL_INVALID_ARGUMENT);
  CHECK(yl_open(&loss, nullptr, 1, 1, nullptr) == YL_INVALID_ARGUMENT);
  CHECK(std::string(yl_last_error()) == "a pointer is null");
  CHECK(yl_open(&loss, nullptr, -1, 1, &handle) == YL_INVALID_ARGUMENT);
  CHECK(yl_open(&loss, nullptr, 1 << 30, 1, &handle) == YL_INVALID_ARGUMENT);
  CHECK(std::string(yl_last_error()) == "threads is not in 0..1024");
  CHECK(yl_open(&loss, nullptr, 1, 3, &handle) == YL_INVALID_ARGUMENT);
  CHECK(yl_open(&loss, nullptr, 1, -1, &handle) == YL_INVALID_ARGUMENT);
  CHECK(std::string(yl_last_error()) == "this processor or build has no such instruction set");
  LossDescription weighted = loss;
  weighted.has_class_weights = 1;
  CHECK(yl_open(&weighted, nullptr, 1, 1, &handle) == YL_INVALID_ARGUMENT);
  CHECK(handle == nullptr);
  yl_close(nullptr);
  CHECK(std::string(yl_describe(nullptr)).empty());

  AbiEngine engine(loss, 3, 1);
  CHECK(std::string(yl_describe(engine.handle())) == "baseline, 3 threads");
  Input input = draw_input(loss, 2, 64, 3, 7);
  StepResult result;
  const auto status = [&](auto change) {
    Input bad = input;
    StepRequest request = request_of(loss, bad);
    Tensors gradients = poisoned(loss, bad);
    change(request, bad, gradients);
    return engine.step(request, bad, &gradients, &result);
  };
  CHECK(status([](StepRequest&, Input&, Tensors&) {}) == YL_OK);
  CHECK(status([](StepRequest& r, Input&, Tensors&) { r.images = 0; }) == YL_INVALID_ARGUMENT);
  CHECK(status([](StepRequest& r, Input&, Tensors&) { r.target_count = -1; }) == YL_INVALID_ARGUMENT);
  CHECK(status([](StepRequest&, Input& i, Tensors&) { i.targets[1].image = 2; }) == YL_INVALID_ARGUMENT);
  CHECK(status([](StepRequest&, Input& i, Tensors&) { i.targets[1].image = -1; }) == YL_INVALID_ARGUMENT);
  CHECK(status([](StepRequest&, Input& i, Tensors&) { i.targets[0].category = 3; }) == YL_INVALID_ARGUMENT);
  CHECK(std::string(yl_last_error()) == "a target is of a class that the loss does not have");
  CHECK(status([](StepRequest&, Input& i, Tensors&) { i.targets[0].cx = 1.5; }) == YL_INVALID_ARGUMENT);
  CHECK(status([](StepRequest&, Input& i, Tensors&) { i.targets[0].cy = static_cast<double>(NAN); }) == YL_INVALID_ARGUMENT);
  CHECK(std::string(yl_last_error()) == "a target's centre is not in 0..1");
  CHECK(status([](StepRequest&, Input& i, Tensors&) { i.targets[0].h = 0; }) == YL_INVALID_ARGUMENT);
  CHECK(status([](StepRequest& r, Input&, Tensors&) { r.mode = static_cast<StepMode>(3); }) == YL_INVALID_ARGUMENT);
  CHECK(status([](StepRequest& r, Input&, Tensors&) { r.predictions[1].type = static_cast<ElementType>(4); }) == YL_INVALID_ARGUMENT);
  CHECK(std::string(yl_last_error()) == "an element type is unknown");
  CHECK(status([](StepRequest& r, Input&, Tensors&) { r.predictions[0].width = 0; }) == YL_INVALID_ARGUMENT);
  CHECK(status([](StepRequest& r, Input&, Tensors&) { r.predictions[0].height = 1 << 30; }) == YL_INVALID_ARGUMENT);
  CHECK(status([](StepRequest& r, Input&, Tensors&) { r.images = INT32_MAX; }) == YL_INVALID_ARGUMENT);
  CHECK(std::string(yl_last_error()) == "a head has more than 2^31 - 1 slots");
  CHECK(status([](StepRequest&, Input&, Tensors& g) { g.views[1].height++; }) == YL_INVALID_ARGUMENT);
  CHECK(std::string(yl_last_error()) == "a gradient has another shape than its prediction");
  CHECK(status([](StepRequest&, Input& i, Tensors&) { i.predictions.memory.pop_back(); }) == YL_INVALID_ARGUMENT);
  CHECK(status([](StepRequest&, Input&, Tensors& g) { g.memory.pop_back(); }) == YL_INVALID_ARGUMENT);
  CHECK(std::string(yl_last_error()) == "a gradient is null");
  CHECK(engine.step(request_of(loss, input), input, nullptr, nullptr) == YL_INVALID_ARGUMENT);
  CHECK(status([](StepRequest&, Input&, Tensors&) {}) == YL_OK);
  CHECK(yl_decode(nullptr, nullptr, nullptr, 0, 0, 0, 0, 0, 0, 0, 0) == YL_INVALID_ARGUMENT);
}

TEST_CASE("a loss that would lead out of its arrays is not opened") {
  const auto message = [](auto change) {
    LossDescription loss = plain_loss();
    change(loss);
    void* handle = nullptr;
    const int32_t status = yl_open(&loss, nullptr, 1, 1, &handle);
    CHECK((status == YL_OK) == (handle != nullptr));
    yl_close(handle);
    return status == YL_INVALID_ARGUMENT ? std::string(yl_last_error()) : std::to_string(status);
  };
  CHECK(message([](LossDescription&) {}) == "0");
  for (const int32_t bad : {0, -1, kMaxHeads + 1, INT32_MAX, INT32_MIN}) {
    CHECK(message([&](LossDescription& l) { l.head_count = bad; }) == "head_count is not in 1..8");
  }
  for (const int32_t bad : {0, -1, kMaxPool + 1}) {
    CHECK(message([&](LossDescription& l) { l.pool_count = bad; }) == "pool_count is not in 1..64");
  }
  for (const int32_t bad : {0, -1, kMaxAnchorsPerHead + 1}) {
    CHECK(message([&](LossDescription& l) { l.heads[1].anchor_count = bad; }) == "a head's anchor_count is not in 1..16");
  }
  for (const int32_t bad : {-1, 5, kMaxPool}) {
    CHECK(message([&](LossDescription& l) { l.heads[1].anchors[2] = bad; }) == "a head's anchor is not in the pool");
  }
  for (const int32_t bad : {0, -3, INT32_MAX}) {
    CHECK(message([&](LossDescription& l) { l.classes = bad; }) == "classes is not in 1..2^24");
  }
  for (const int32_t bad : {-1, kMaxHeads + 1}) {
    CHECK(message([&](LossDescription& l) { l.balance_count = bad; }) == "balance_count is not in 0..8");
  }
  CHECK(message([](LossDescription& l) { l.heads[0].stride = 0; }) == "a stride is less than 1");
  CHECK(message([](LossDescription& l) { l.decoding = static_cast<BoxDecoding>(5); }) == "a choice is unknown");
  CHECK(message([](LossDescription& l) { l.reduction = static_cast<ReductionKind>(-1); }) == "a choice is unknown");
  CHECK(message([](LossDescription& l) { l.anchor_unit = static_cast<AnchorUnit>(2); }) == "a choice is unknown");
}

TEST_CASE("messages are a thread's own") {
  yl_open(nullptr, nullptr, 1, 1, nullptr);
  std::string other = "unset";
  std::thread([&] { other = yl_last_error(); }).join();
  CHECK(other.empty());
  CHECK(std::string(yl_last_error()) == "a pointer is null");
}

TEST_CASE("engines run side by side") {
  const std::vector<Family> all = families();
  std::vector<int> wrong(4, 0);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      const LossDescription& loss = all[t].loss;
      Input input = draw_input(loss, 2, 64, 10, 8);
      AbiEngine engine(loss, 2, 0), single(loss, 1, 0);
      StepResult expected, result;
      Tensors gradients = poisoned(loss, input);
      if (single.step(request_of(loss, input), input, &gradients, &expected) != YL_OK) wrong[t]++;
      for (int n = 0; n < 50; ++n) {
        if (engine.step(request_of(loss, input), input, &gradients, &result) != YL_OK) wrong[t]++;
        wrong[t] += memcmp(&result.total, &expected.total, sizeof(Parts)) != 0;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == std::vector<int>(4, 0));
}

TEST_CASE("decoding gives every slot a box") {
  for (const Family& family : families()) {
    const LossDescription& loss = family.loss;
    Input input = draw_input(loss, 2, 64, 0, 9);
    const StepRequest request = request_of(loss, input);
    const size_t boxes = 2 * 4 * 8 + 3 * 2 * 4, n = 5 + loss.classes;
    std::vector<double> a(2 * boxes * n, -1), b = a;
    AbiEngine one(loss, 1), three(loss, 3);
    CHECK(yl_decode(one.handle(), &request, a.data(), input.predictions.at(0), input.predictions.at(1), 0, 0, 0, 0, 0, 0) == YL_OK);
    CHECK(yl_decode(three.handle(), &request, b.data(), input.predictions.at(0), input.predictions.at(1), 0, 0, 0, 0, 0, 0) == YL_OK);
    CHECK_UNARY(same_bytes(a, b));
    for (size_t i = 0; i < a.size(); ++i) {
      if (i % n >= 2) CHECK(a[i] >= 0);
      if (i % n >= 4) CHECK(a[i] <= 1);
    }
  }
}

TEST_CASE("the assignment alone decides as a step does, and marks nothing as ignored") {
  for (const Family& family : families()) {
    INFO(std::string(family.name));
    Input input = draw_input(family.loss, 3, 128, 20, 14);
    const Outcome whole = fresh(family.loss, input);
    AbiEngine engine(family.loss, 2);
    StepRequest request = request_of(family.loss, input);
    request.mode = StepMode::kAssign;
    StepResult result;
    REQUIRE(engine.step(request, input, nullptr, &result) == YL_OK);
    const Outcome assigned = take(family.loss, input, result);
    REQUIRE(assigned.matches.size() == whole.matches.size());
    for (size_t n = 0; n < whole.matches.size(); ++n) {
      const MatchRow &a = assigned.matches[n], &b = whole.matches[n];
      CHECK_UNARY(a.target == b.target && a.layer == b.layer && a.anchor == b.anchor && a.row == b.row && a.column == b.column);
      CHECK(a.iou == b.iou);
    }
    for (size_t slot = 0; slot < whole.states.size(); ++slot) {
      CHECK_UNARY(assigned.states[slot] == (whole.states[slot] == kMatched ? kMatched : kFree));
    }
    request.mode = StepMode::kSearchIgnored;
    REQUIRE(engine.step(request, input, nullptr, &result) == YL_OK);
    CHECK(take(family.loss, input, result).states == whole.states);
  }
}

// Negative control: one bit of the gradient, one state and one match show.
TEST_CASE("a difference shows") {
  const LossDescription loss = plain_loss();
  Input input = draw_input(loss, 2, 64, 5, 10);
  const Outcome outcome = fresh(loss, input);
  Outcome other = outcome;
  CHECK_UNARY(same(outcome, other));
  other.gradient[7] = nextafter(other.gradient[7], 1.0);
  CHECK_UNARY_FALSE(same(outcome, other));
  other = outcome;
  other.states.back() ^= 1;
  CHECK_UNARY_FALSE(same(outcome, other));
  other = outcome;
  other.matches[0].iou += 1e-12;
  CHECK_UNARY_FALSE(same(outcome, other));
  other = outcome;
  other.result.total.box = nextafter(other.result.total.box, 0.0);
  CHECK_UNARY_FALSE(same(outcome, other));
  Input more = draw_input(loss, 2, 64, 6, 10);
  CHECK_UNARY_FALSE(same(outcome, fresh(loss, more)));
}

}  // namespace
}  // namespace yololoss
