// The ignore search of one tile: which of its slots' predicted boxes overlap a target of their image by more than the threshold.
//
// Costs cells times the targets whose reach meets the tile, not cells times targets: IoU > t bounds how far centres can be apart
// (ignore_rules.h). A float IoU sorts out what is clearly below or above; what is near the threshold is decided in double by the
// quotient I / U, so that every backend decides alike.
#pragma once

#include "block.cuh"
#include "step_view.cuh"
#include "yololoss/ignore_rules.h"
#include "yololoss/plain_iou.h"

namespace yololoss {

constexpr int kCellsPerThread = kTileCells / kBlockThreads;

// A run of cells of one plane, an image's cells of one anchor. Each thread has four: neighbours where they can be moved as one vector of
// elements of at most 32 bits, else one in each quarter.
struct Tile {
  int32_t image, anchor, first_cell, cells, first_slot;
  bool is_vector;

  __device__ Tile(const StepView& step, int32_t tile) {
    const Grid& grid = step.grid();
    const int32_t plane = tile / step.layer.tiles_per_plane;
    image = plane / grid.anchors;
    anchor = plane % grid.anchors;
    first_cell = tile % step.layer.tiles_per_plane * kTileCells;
    const int32_t rest = grid.cells() - first_cell;
    cells = rest < kTileCells ? rest : kTileCells;
    first_slot = plane * grid.cells() + first_cell;
    is_vector = moves_as_vectors(step.prediction(), step.input.prediction_data[step.index], step) &&
                (!step.input.has_gradients || moves_as_vectors(step.gradient(), step.input.gradient_data[step.index], step));
  }

  // The k-th cell of this thread, from the tile's first, or -1.
  __device__ int32_t cell(int k) const {
    const int thread = static_cast<int>(threadIdx.x);
    const int32_t n = is_vector ? kCellsPerThread * thread + k : thread + kBlockThreads * k;
    return n < cells ? n : -1;
  }

  __device__ int64_t element(const StepView& step, const TensorView& view, int32_t attribute, int32_t cell) const {
    const int32_t n = first_cell + cell, width = step.grid().width;
    return element_index(view, image, anchor, attribute, n / width, n % width);
  }

  // Where the thread's vector starts.
  __device__ int64_t vector_element(const TensorView& view, int32_t attribute) const {
    return element_index(view, image, anchor, attribute, 0, 0) + first_cell + cell(0);
  }

  __device__ SlotPlace place(const StepView& step, int32_t cell) const {
    const int32_t n = first_cell + cell, width = step.grid().width;
    return {image, anchor, n / width, n % width};
  }

 private:
  // Whether four neighbouring cells of a plane are one aligned vector, all over the tensor; maps of slots then are likewise.
  __device__ static bool moves_as_vectors(const TensorView& view, const void* data, const StepView& step) {
    const bool dense = view.type != ElementType::kF64 && view.column_stride == 1 && view.row_stride == view.width;
    const bool whole = (view.image_stride | view.anchor_stride | view.attribute_stride | step.grid().cells()) % 4 == 0;
    const bool aligned = reinterpret_cast<uintptr_t>(data) % (4 * static_cast<uintptr_t>(element_bytes(view.type))) == 0;
    return dense && whole && aligned;
  }
};

// Four neighbouring elements from one vector of memory.
__device__ inline float4 load_vector(ElementType type, const void* data, int64_t at) {
  if (type == ElementType::kF32) return *reinterpret_cast<const float4*>(static_cast<const float*>(data) + at);
  const ushort4 four = *reinterpret_cast<const ushort4*>(static_cast<const uint16_t*>(data) + at);
  if (type == ElementType::kF16) {
    return make_float4(half_to_float(four.x), half_to_float(four.y), half_to_float(four.z), half_to_float(four.w));
  }
  return make_float4(bfloat_to_float(four.x), bfloat_to_float(four.y), bfloat_to_float(four.z), bfloat_to_float(four.w));
}

// Four values of this thread; those of cells beyond the tile are 0.
__device__ inline void load_four(const StepView& step, const Tile& tile, int32_t attribute, float (&out)[kCellsPerThread]) {
  const TensorView& view = step.prediction();
  if (tile.is_vector && tile.cell(0) >= 0) {
    const float4 four = load_vector(view.type, step.input.prediction_data[step.index], tile.vector_element(view, attribute));
    out[0] = four.x;
    out[1] = four.y;
    out[2] = four.z;
    out[3] = four.w;
    return;
  }
  for (int k = 0; k < kCellsPerThread; ++k) {
    const int32_t cell = tile.cell(k);
    out[k] = cell < 0 ? 0.0f : static_cast<float>(step.predicted(tile.element(step, view, attribute, cell)));
  }
}

// A target as the search sees it, in cells.
struct SearchTruth {
  float column;  // whole part of the centre
  float x;       // rest of the centre by column
  float row, y;
  float width, height;
  int32_t target;
  bool is_rough;  // whether a float may decide what is clear
  Reach reach;
};

struct SearchList {
  int32_t count;
  SearchTruth truths[kBlockThreads];
};

__device__ inline SearchTruth search_truth(const StepView& step, int32_t row) {
  const Grid& grid = step.grid();
  const Target& t = step.input.targets[row];
  const double x = t.cx * grid.width, y = t.cy * grid.height, w = t.w * grid.width, h = t.h * grid.height;
  const double threshold = search_threshold(step.loss());
  SearchTruth truth;
  truth.column = static_cast<float>(floor(x));
  truth.x = static_cast<float>(x - floor(x));
  truth.row = static_cast<float>(floor(y));
  truth.y = static_cast<float>(y - floor(y));
  truth.width = static_cast<float>(w);
  truth.height = static_cast<float>(h);
  truth.target = row;
  truth.is_rough = float_decides(step.loss(), grid, threshold, w, h);
  truth.reach = reach_in_grid(threshold, overhang_of(step.loss(), grid), grid, x, y, w, h);
  return truth;
}

// The predicted box of a cell in floats: centre relative to the cell's corner, sides, all in cells.
struct RoughBox {
  float x, y, width, height;
};

__device__ inline float rough_sigmoid(float x) {
  const float e = expf(-fabsf(x)), inverse = 1.0f / (1.0f + e);
  return x >= 0.0f ? inverse : e * inverse;
}

__device__ inline RoughBox rough_box(const StepView& step, int32_t anchor, float x, float y, float w, float h) {
  const Grid& grid = step.grid();
  const float side = static_cast<float>(grid.anchor_width[anchor] / grid.stride);
  const float height = static_cast<float>(grid.anchor_height[anchor] / grid.stride);
  const float scale = grid.in_image_units ? static_cast<float>(grid.scale_xy) : 1.0f, shift = 0.5f * (scale - 1.0f);
  if (step.loss().decoding == BoxDecoding::kDarknetNewCoords) {
    return {x * scale - shift, y * scale - shift, 4.0f * w * w * side, 4.0f * h * h * height};
  }
  RoughBox box{rough_sigmoid(x) * scale - shift, rough_sigmoid(y) * scale - shift, expf(w) * side, expf(h) * height};
  if (step.loss().decoding == BoxDecoding::kSigmoidExpLimited) {
    const float most = static_cast<float>(grid.width > grid.height ? grid.width : grid.height);
    box.width = box.width > most ? most : box.width;
    box.height = box.height > most ? most : box.height;
  }
  return box;
}

// Every comparison lets a NaN through, for which the caller decides in double.
__device__ inline float rough_iou(const RoughBox& box, int32_t row, int32_t column, const SearchTruth& truth) {
  const float tw = 0.5f * truth.width, th = 0.5f * truth.height, pw = 0.5f * box.width, ph = 0.5f * box.height;
  const float dx = (static_cast<float>(column) - truth.column) + (box.x - truth.x);
  const float dy = (static_cast<float>(row) - truth.row) + (box.y - truth.y);
  const float right = tw < dx + pw ? tw : dx + pw, left = -tw > dx - pw ? -tw : dx - pw;
  const float bottom = th < dy + ph ? th : dy + ph, top = -th > dy - ph ? -th : dy - ph;
  const float width = right - left, height = bottom - top;
  const float intersection = (width < 0.0f ? 0.0f : width) * (height < 0.0f ? 0.0f : height);
  return intersection / (box.width * box.height + truth.width * truth.height - intersection);
}

__device__ __noinline__ inline double exact_iou(const StepView& step, const SlotPlace& place, int32_t target) {
  double raw[4];
  step.read_box(place, raw);
  return plain_iou(step.decoded(place, raw).box, step.truth(target));
}

struct SearchHits {
  unsigned candidates;  // a bit for each cell of the thread
  bool above;           // whether some IoU is strictly above the threshold
};

// Every thread of the block calls it. Notes box outputs that are not finite: all of the tile's are read.
__device__ __noinline__ inline SearchHits search_tile(const StepView& step, const Tile& tile, SearchList& list) {
  SearchHits hits{0, false};
  if (step.truths(tile.image) == 0) return hits;
  const float threshold = static_cast<float>(search_threshold(step.loss())), low = threshold - kUnsureIou, high = threshold + kUnsureIou;

  RoughBox box[kCellsPerThread];
  {
    float raw[4][kCellsPerThread];
    for (int a = 0; a < 4; ++a) load_four(step, tile, a, raw[a]);
    for (int k = 0; k < kCellsPerThread; ++k) {
      box[k] = rough_box(step, tile.anchor, raw[0][k], raw[1][k], raw[2][k], raw[3][k]);
      for (int a = 0; a < 4 && tile.cell(k) >= 0; ++a) {
        if (isfinite(raw[a][k])) continue;
        const double exact = step.predicted(tile.element(step, step.prediction(), a, tile.cell(k)));
        step.note_prediction(tile.first_slot + tile.cell(k), a, exact);
      }
    }
  }
  for (int32_t batch = 0; batch < step.truths(tile.image); batch += kBlockThreads) {
    __syncthreads();  // the last batch has been read
    if (threadIdx.x == 0) list.count = 0;
    __syncthreads();
    const int32_t n = batch + static_cast<int32_t>(threadIdx.x);
    if (n < step.truths(tile.image)) {
      // here, so that no register holds it during the search
      const int32_t width = step.grid().width;
      const int32_t first_row = tile.first_cell / width, last_row = (tile.first_cell + tile.cells - 1) / width;
      const SearchTruth truth = search_truth(step, step.truth_row(tile.image, n));
      // in which order the list is does not matter to who is found
      if (truth.reach.top <= last_row && truth.reach.bottom > first_row) list.truths[atomicAdd(&list.count, 1)] = truth;
    }
    __syncthreads();
    for (int k = 0; k < kCellsPerThread; ++k) {
      const int32_t cell = tile.cell(k);
      if (cell < 0) continue;
      const SlotPlace place = tile.place(step, cell);
      for (int32_t m = 0; m < list.count; ++m) {
        const SearchTruth& truth = list.truths[m];
        const Reach& reach = truth.reach;
        if (place.row < reach.top || place.row >= reach.bottom || place.column < reach.left || place.column >= reach.right) continue;
        // what a float may not decide is taken for near
        const float iou = truth.is_rough ? rough_iou(box[k], place.row, place.column, truth) : low;
        if (iou < low) continue;
        if (iou > high) {
          hits.candidates |= 1u << k;
          hits.above = true;
        } else {  // near the threshold, or not a number
          const double exact = exact_iou(step, place, truth.target);
          if (is_candidate(step.loss(), exact)) hits.candidates |= 1u << k;
          hits.above |= exact > lowest_threshold(step.loss());
        }
      }
    }
  }
  return hits;
}

// The largest IoU of a predicted box with its image's targets, and the first target that has it (-1 for none).
__device__ inline double best_iou(const StepView& step, int32_t image, const Box& predicted, int32_t* best_target) {
  double best = 0;
  *best_target = -1;
  for (int32_t n = 0; n < step.truths(image); ++n) {
    const int32_t row = step.truth_row(image, n);
    const double iou = plain_iou(predicted, step.truth(row));
    if (iou > best) {
      best = iou;
      *best_target = row;
    }
  }
  return best;
}

}  // namespace yololoss
