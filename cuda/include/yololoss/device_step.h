// What Java and the kernels share of a step on a GPU, beyond step.h. Layouts are compared by a test on both sides.
//
// The plan changes when an engine opens or shapes change, the input at every step. All pointers are device addresses; all buffers are the
// engine's, but for predictions and gradients, which are whose they are.
//
// How the host fills the plan's numbers:
//
//   candidates_per_target  SHAPE_RATIO_WITH_NEIGHBOURS: 5 anchors; BEST_ANCHOR_IN_CELL: anchors; BEST_SHAPE: anchors, times 1 + pool_count
//                          where extra_iou < 1; else 1
//   candidate_capacity     candidates_per_target * target_capacity, rounded up to kCandidatesPerBlock
//   match_blocks           candidate_capacity / kCandidatesPerBlock
//   tiles_per_plane        cells / kTileCells, rounded up;  tiles = images * anchors * tiles_per_plane
//   tiles_per_block        tiles of all layers / kMostDenseBlocks, rounded up;  dense_blocks = tiles / tiles_per_block, rounded up
//   first_..._block        of this layer, counted over the layers in order, each kind from 0
//   assign_blocks          candidate_capacity of all layers / kBlockThreads, rounded up
//   clear_blocks           at least 1; a few for each multiprocessor, but none that would clear less than 64 KiB
//   target_capacity        at least 1
//
// A candidate is one way in which a target may find a slot: what the assignment rule asks is answered for each candidate in the same place
// at every step, so that no order depends on which thread comes first. Their order is that in which the originals write their matches.
#pragma once

#include "grid.h"
#include "step.h"

namespace yololoss {

constexpr int kBlockThreads = 256;       // of every kernel
constexpr int kTileCells = 1024;         // cells of one plane that a block of the dense pass takes at a time
constexpr int kCandidatesPerBlock = 64;  // of the match pass
constexpr int kMostDenseBlocks = 1024;

enum class ClearMode : int32_t { kNothing, kWritten, kWhole };

// Who matched which slot. Two tables take turns from step to step: the one that rests is emptied meanwhile.
struct MatchTable {
  int32_t* slot;        // [candidate_capacity] the slot of a match, else -1
  int32_t* next;        // [candidate_capacity] another candidate of the same slot, in no order, or -1
  int32_t* first;       // [slots] where a slot's candidates start, or -1
  uint8_t* is_matched;  // [slots]
};

// A row of the assignment table: what one match costs.
struct PositiveRecord {
  int32_t target, slot, replaced, reserved;
  double iou, box_loss, objectness_loss, class_loss;  // before weights and reduction
  Parts share;                                        // of the total; a slot's objectness is counted with its first match
};

struct DeviceLayer {
  Grid grid;
  int32_t candidates_per_target;
  int32_t candidate_capacity;  // a multiple of kCandidatesPerBlock
  int32_t tiles_per_plane, tiles, tiles_per_block;
  int32_t first_dense_block, dense_blocks;
  int32_t first_match_block, match_blocks;
  int32_t reserved;
  MatchTable tables[2];
  int32_t* ordered_next;      // [candidate_capacity] a slot's matches in their order
  uint8_t* state;             // [slots] 0 free, 1 ignored, 2 matched, 3 special; kept where an ignore rule exists, else null
  int32_t* above;             // [images] whether some IoU is above the threshold; for the rule IOU_AT_LEAST, else null
  int32_t* written;           // [candidate_capacity] the slots whose boxes and classes the kept gradient holds, or -1
  int32_t* written_special;   // [slots] likewise for special slots; for the rule IOU_ABOVE_AND_CLASS, else null
  PositiveRecord* positives;  // [candidate_capacity]
  Parts* tile_parts;          // [tiles] shares of the total; a tile belongs to one image
};

// What the device remembers from step to step; zeros at first.
struct Carried {
  int32_t table_candidates[2][kMaxHeads];
  int32_t written_candidates[kMaxHeads];
  int32_t written_specials[kMaxHeads];
};

struct Plan {
  LossDescription loss;
  AnchorDescription pool[kMaxPool];  // in pixels of this plan's images
  DeviceLayer layers[kMaxHeads];
  int32_t images;
  int32_t target_capacity;
  int32_t assign_blocks, clear_blocks;  // launch of assign_targets: their sum; of clear_gradients: clear_blocks
  int32_t dense_blocks, match_blocks;   // launch of yolo_loss: their sum; of search_ignored: dense_blocks
  const double* class_weights;          // [classes] or null
  double* dense_sums;                   // [dense_blocks * kDenseFields]
  double* match_sums;                   // [match_blocks * kMatchFields]
  unsigned long long* best_of_target;   // [target_capacity] bits of the largest IoU of its matches
  Carried* carried;
};

constexpr int kDenseFields = 10;
constexpr int kMatchFields = 18;

// What the device counts in a step; the host sends zeros, and all ones for the two elements.
struct StepCounters {
  unsigned long long first_prediction, first_stored;  // the first NaN or infinity, see non_finite.cuh
  int32_t positives[kMaxHeads];
  int32_t specials[kMaxHeads];
  uint32_t blocks_done;
  uint32_t reserved;
};

struct StepInput {
  int32_t parity;  // which table this step fills
  int32_t target_count;
  int32_t has_gradients;
  int32_t keeps_gradients;  // whether the gradients are the engine's own: their slots are remembered
  ClearMode clear;
  NonFinitePolicy non_finite;
  double gradient_scale;
  double balance[kMaxHeads];
  TensorView predictions[kMaxHeads];
  TensorView gradients[kMaxHeads];
  const void* prediction_data[kMaxHeads];
  void* gradient_data[kMaxHeads];
  const Target* targets;       // [target_count] in the caller's order
  const int32_t* image_first;  // [images + 1]: where an image's rows start in image_rows
  const int32_t* image_rows;   // [target_count]: rows by image, in order
  StepCounters counters;
};

struct SigmoidBceOptions {
  double positive_weight, focal_gamma, label_smoothing, gradient_scale;
  const int32_t* categories;  // [n / classes]: one-hot targets; null for dense ones
  int32_t classes;
  int32_t reserved;
};

}  // namespace yololoss
