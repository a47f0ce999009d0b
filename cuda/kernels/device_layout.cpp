#include "device_layout.h"

#include "layout_text.h"
#include "yololoss/device_step.h"

namespace yololoss {
namespace {

void structures(LayoutText& out) {
  out.size("Grid", sizeof(Grid));
  YL_FIELD(Grid, layer);
  YL_FIELD(Grid, images);
  YL_FIELD(Grid, anchors);
  YL_FIELD(Grid, height);
  YL_FIELD(Grid, width);
  YL_FIELD(Grid, stride);
  YL_FIELD(Grid, in_image_units);
  YL_FIELD(Grid, scale_xy);
  YL_FIELD(Grid, anchor_width);
  YL_FIELD(Grid, anchor_height);
  YL_FIELD(Grid, members);
  out.size("Elements", sizeof(Elements));
  YL_FIELD(Elements, type);
  YL_FIELD(Elements, reserved);
  YL_FIELD(Elements, data);
  out.size("MatchTable", sizeof(MatchTable));
  YL_FIELD(MatchTable, slot);
  YL_FIELD(MatchTable, next);
  YL_FIELD(MatchTable, first);
  YL_FIELD(MatchTable, is_matched);
  out.size("PositiveRecord", sizeof(PositiveRecord));
  YL_FIELD(PositiveRecord, target);
  YL_FIELD(PositiveRecord, slot);
  YL_FIELD(PositiveRecord, replaced);
  YL_FIELD(PositiveRecord, reserved);
  YL_FIELD(PositiveRecord, iou);
  YL_FIELD(PositiveRecord, box_loss);
  YL_FIELD(PositiveRecord, objectness_loss);
  YL_FIELD(PositiveRecord, class_loss);
  YL_FIELD(PositiveRecord, share);
  out.size("DeviceLayer", sizeof(DeviceLayer));
  YL_FIELD(DeviceLayer, grid);
  YL_FIELD(DeviceLayer, candidates_per_target);
  YL_FIELD(DeviceLayer, candidate_capacity);
  YL_FIELD(DeviceLayer, tiles_per_plane);
  YL_FIELD(DeviceLayer, tiles);
  YL_FIELD(DeviceLayer, tiles_per_block);
  YL_FIELD(DeviceLayer, first_dense_block);
  YL_FIELD(DeviceLayer, dense_blocks);
  YL_FIELD(DeviceLayer, first_match_block);
  YL_FIELD(DeviceLayer, match_blocks);
  YL_FIELD(DeviceLayer, reserved);
  YL_FIELD(DeviceLayer, tables);
  YL_FIELD(DeviceLayer, ordered_next);
  YL_FIELD(DeviceLayer, state);
  YL_FIELD(DeviceLayer, above);
  YL_FIELD(DeviceLayer, written);
  YL_FIELD(DeviceLayer, written_special);
  YL_FIELD(DeviceLayer, positives);
  YL_FIELD(DeviceLayer, tile_parts);
  out.size("Carried", sizeof(Carried));
  YL_FIELD(Carried, table_candidates);
  YL_FIELD(Carried, written_candidates);
  YL_FIELD(Carried, written_specials);
  out.size("Plan", sizeof(Plan));
  YL_FIELD(Plan, loss);
  YL_FIELD(Plan, pool);
  YL_FIELD(Plan, layers);
  YL_FIELD(Plan, images);
  YL_FIELD(Plan, target_capacity);
  YL_FIELD(Plan, assign_blocks);
  YL_FIELD(Plan, clear_blocks);
  YL_FIELD(Plan, dense_blocks);
  YL_FIELD(Plan, match_blocks);
  YL_FIELD(Plan, class_weights);
  YL_FIELD(Plan, dense_sums);
  YL_FIELD(Plan, match_sums);
  YL_FIELD(Plan, best_of_target);
  YL_FIELD(Plan, carried);
  out.size("StepCounters", sizeof(StepCounters));
  YL_FIELD(StepCounters, first_prediction);
  YL_FIELD(StepCounters, first_stored);
  YL_FIELD(StepCounters, positives);
  YL_FIELD(StepCounters, specials);
  YL_FIELD(StepCounters, blocks_done);
  YL_FIELD(StepCounters, reserved);
  out.size("StepInput", sizeof(StepInput));
  YL_FIELD(StepInput, parity);
  YL_FIELD(StepInput, target_count);
  YL_FIELD(StepInput, has_gradients);
  YL_FIELD(StepInput, keeps_gradients);
  YL_FIELD(StepInput, clear);
  YL_FIELD(StepInput, non_finite);
  YL_FIELD(StepInput, gradient_scale);
  YL_FIELD(StepInput, balance);
  YL_FIELD(StepInput, predictions);
  YL_FIELD(StepInput, gradients);
  YL_FIELD(StepInput, prediction_data);
  YL_FIELD(StepInput, gradient_data);
  YL_FIELD(StepInput, targets);
  YL_FIELD(StepInput, image_first);
  YL_FIELD(StepInput, image_rows);
  YL_FIELD(StepInput, counters);
  out.size("SigmoidBceOptions", sizeof(SigmoidBceOptions));
  YL_FIELD(SigmoidBceOptions, positive_weight);
  YL_FIELD(SigmoidBceOptions, focal_gamma);
  YL_FIELD(SigmoidBceOptions, label_smoothing);
  YL_FIELD(SigmoidBceOptions, gradient_scale);
  YL_FIELD(SigmoidBceOptions, categories);
  YL_FIELD(SigmoidBceOptions, classes);
  YL_FIELD(SigmoidBceOptions, reserved);
}

void numbers(LayoutText& out) {
  YL_VALUE(ClearMode, kNothing);
  YL_VALUE(ClearMode, kWritten);
  YL_VALUE(ClearMode, kWhole);
  out.enumerator("device_step", "kBlockThreads", kBlockThreads);
  out.enumerator("device_step", "kTileCells", kTileCells);
  out.enumerator("device_step", "kCandidatesPerBlock", kCandidatesPerBlock);
  out.enumerator("device_step", "kMostDenseBlocks", kMostDenseBlocks);
  out.enumerator("device_step", "kDenseFields", kDenseFields);
  out.enumerator("device_step", "kMatchFields", kMatchFields);
}

std::string describe() {
  LayoutText out;
  structures(out);
  numbers(out);
  return out.text();
}

}  // namespace

const char* device_layout_text() {
  static const std::string text = describe();
  return text.c_str();
}

}  // namespace yololoss
