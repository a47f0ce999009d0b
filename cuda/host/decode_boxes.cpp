#include "decode_boxes.h"

#include <algorithm>

#include "yololoss/decode_box.h"

namespace yololoss {
namespace {

class CellRun {
 public:
  CellRun(const StepState& state, const Layer& layer, int32_t plane, const DecodedPlace& place, Scratch& scratch)
      : state_(state),
        layer_(layer),
        grid_(layer.grid),
        image_(plane / layer.grid.anchors),
        anchor_(plane % layer.grid.anchors),
        n_(state.attributes()),
        place_(place),
        scratch_(scratch) {}

  // Cells of one row, or of more where rows follow each other; at most kDecodedCells.
  void decode(int32_t cell, int32_t count) {
    const TensorAccess& tensor = layer_.prediction;
    const TensorView& v = tensor.view();
    const int64_t first = tensor.index(image_, anchor_, 0, cell / grid_.width, cell % grid_.width);
    double* out = place_.out + (image_ * place_.boxes + place_.first + anchor_ * grid_.cells() + cell) * n_;
    if (v.attribute_stride == 1) {
      for (int32_t i = 0; i < count; ++i) tensor.read_exactly(first + i * v.column_stride, 1, n_, out + i * n_);
    } else {
      // plane by plane, as they lie
      double* planes = scratch_.decoded.data();
      for (int32_t k = 0; k < n_; ++k) tensor.read_exactly(first + k * v.attribute_stride, v.column_stride, count, planes + k * count);
      for (int32_t i = 0; i < count; ++i) {
        for (int32_t k = 0; k < n_; ++k) out[i * n_ + k] = planes[k * count + i];
      }
    }
    for (int32_t i = 0; i < count; ++i) finish(cell + i, out + i * n_);
  }

 private:
  // From the raw outputs of a cell, in place.
  void finish(int32_t cell, double* values) const {
    const SlotPlace slot{image_, anchor_, cell / grid_.width, cell % grid_.width};
    const Box box = decode_box(state_.loss->decoding, grid_, slot, values).box;
    const double to_x = grid_.in_image_units ? grid_.width * grid_.stride : grid_.stride;
    const double to_y = grid_.in_image_units ? grid_.height * grid_.stride : grid_.stride;
    values[0] = box.x * to_x;
    values[1] = box.y * to_y;
    values[2] = box.width * to_x;
    values[3] = box.height * to_y;
    const LossDescription& loss = *state_.loss;
    if (loss.class_kind == ClassKind::kSoftmaxCrossEntropy) {
      probabilities(values + 4, 1);
      softmax(values + 5, loss.classes);
    } else {
      probabilities(values + 4, 1 + loss.classes);
    }
    if (loss.classes == 1 && loss.reduction == ReductionKind::kLayerMeansTimesBatch) values[5] = 1;  // yolov5 does not train a single class
  }

  void softmax(double* values, int32_t n) const {
    double largest = -kInfinity, sum = 0;
    for (int32_t c = 0; c < n; ++c) largest = std::max(largest, values[c]);
    state_.lanes->wide_exp_shifted(values, n, largest, values);
    for (int32_t c = 0; c < n; ++c) sum += values[c];
    for (int32_t c = 0; c < n; ++c) values[c] /= sum;
  }

  void probabilities(double* values, int32_t n) const {
    if (state_.loss->decoding != BoxDecoding::kDarknetNewCoords) state_.lanes->wide_sigmoid(values, n, values);
  }

  const StepState& state_;
  const Layer& layer_;
  const Grid& grid_;
  const int32_t image_, anchor_, n_;
  const DecodedPlace& place_;
  Scratch& scratch_;
};

}  // namespace

void decode_cells(const StepState& state, const Layer& layer, int32_t plane, int32_t begin, int32_t end, const DecodedPlace& place,
                  Scratch& scratch) {
  CellRun run(state, layer, plane, place, scratch);
  const int32_t width = layer.grid.width;
  const bool rows_follow = layer.prediction.is_run();
  for (int32_t cell = begin; cell < end;) {
    const int32_t row_end = rows_follow ? end : std::min(end, (cell / width + 1) * width);
    const int32_t count = std::min(row_end - cell, kDecodedCells);
    run.decode(cell, count);
    cell += count;
  }
}

}  // namespace yololoss
