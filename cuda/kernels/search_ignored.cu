// The ignore search of all slots. The dense pass has it built in; the rule IOU_AT_LEAST alone needs it as a pass of its own, since it
// holds for an image's slots of a layer only if some IoU there is strictly above the threshold.
//
//   plan   read; writes state [slots] (1 a candidate, else 0) and above [images]
//   input  read: targets and predictions
//
// Launch: plan.dense_blocks blocks of 256 threads. Reads 4 of a cell's 5 + classes values where its image has targets, writes 1 byte a
// cell. Deterministic: integer atomics only. What is near the threshold is decided in double without contraction.
#include "search_tile.cuh"

extern "C" __global__ void __launch_bounds__(yololoss::kBlockThreads)
    search_ignored(const yololoss::Plan* plan, yololoss::StepInput* input) {
  using namespace yololoss;
  __shared__ SearchList list;
  const int32_t block = static_cast<int32_t>(blockIdx.x);
  int32_t l = 0;
  while (block >= plan->layers[l].first_dense_block + plan->layers[l].dense_blocks) ++l;
  const StepView step(*plan, *input, l);
  const int32_t first = (block - step.layer.first_dense_block) * step.layer.tiles_per_block;
  for (int32_t n = first; n < first + step.layer.tiles_per_block && n < step.layer.tiles; ++n) {
    const Tile tile(step, n);
    const SearchHits hits = search_tile(step, tile, list);
    for (int k = 0; k < kCellsPerThread; ++k) {
      if (tile.cell(k) >= 0) step.layer.state[tile.first_slot + tile.cell(k)] = hits.candidates >> k & 1u;
    }
    if (hits.above) atomicOr(&step.layer.above[tile.image], 1);
  }
}
