// What a strategy executes: plain data, made by a planner or by hand, the same on every rank.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/base/dtype.h"
#include "planning/plan/shares.h"

namespace jupiter {

// How a prompt is cut into slices.
struct SlicePolicy {
  enum class Kind : std::uint8_t { kWhole, kAuto, kCount, kLengths, kChunks, kTable };
  Kind kind = Kind::kWhole;
  int count = 0;             // kCount: equal slices; kChunks: tokens in each slice but the last
  std::vector<int> lengths;  // kLengths: tokens each, adding up to the prompt
  // kTable: lengths for prompts of several sizes, rising. A prompt takes those of the next larger
  // size, cut at its end.
  std::vector<std::vector<int>> table = {};
  int least = 32;  // kAuto: tokens in a slice at least; a GEMM of fewer rows wastes the
                   // weights it reads
};

// "auto", "whole", "N" or "a,b,c". Throws UserError naming the flag.
SlicePolicy ParseSlices(std::string_view text, int least);
std::string ToString(const SlicePolicy& policy);

// Batches that may wait at a rank before it takes them: enough to keep it busy, few enough to bound
// its memory.
inline constexpr int kMostWaitingBatches = 4;

struct Plan {
  std::string strategy;     // a registered name
  std::vector<int> layers;  // per rank; 0: the rank has no layers; with shares: all of them, shared
  std::vector<int> order;   // ranks in pipeline order, the source first; empty: 0, 1, 2, ...
  SlicePolicy slices;
  Shares shares;                 // where every rank computes a share of all layers
  bool overlap = true;           // galaxy: messages travel while tiles are multiplied
  DType wire = DType::kF32;      // of hidden rows in messages: f32, f16 or q8_0
  DType residual = DType::kF32;  // f32, or f16: rounded at every layer boundary
  DType kv = DType::kF32;        // f32 or f16
  // A reference rounds to the wire type where the pipeline that it stands for has messages.
  // Pipelines leave this empty, since their messages round.
  std::vector<int> reference_boundaries;
  // A reference computes the sums of this strategy, for ranks with the plan's shares; empty
  // elsewhere.
  std::string reference_of;
};

// Throws UserError unless there is a number for each rank, none negative, adding up to the model.
void CheckLayers(const std::vector<int>& layers, int model_layers, int ranks);
// Whether the order names each rank once and rank 0 first.
bool IsOrder(const std::vector<int>& order, int ranks);
// Throws UserError unless the order is empty, or names each rank once and rank 0 first.
void CheckOrder(const std::vector<int>& order, int ranks);

// The plan as one line of JSON: what preflight compares and reports print; and back. `source` names
// the text in errors. Throws UserError.
std::string ToJson(const Plan& plan);
Plan ParsePlan(const std::string& text, const std::string& source);

// Ranks that take part in a pipeline: the source (rank 0, which has the prompt and the embedding)
// and every rank with layers, in plan.order. The last of them has the head.
std::vector<int> PipelineRanks(const Plan& plan);
// The first layer of a rank.
int FirstLayer(const Plan& plan, int rank);

// True when messages carry the residual stream without changing it: f32, or f16 of a stream that is
// rounded to f16 anyway.
bool WireIsExact(const Plan& plan);

// Whether every rank computes a share of all layers, rather than some layers whole.
bool IsShared(const Plan& plan);
// How the model is cut: layers by rank, with the order of the stages when it is another, "layers
// 13,8,8,3 in order 0,2,1,3", or the shares of every layer, "heads 2,2 columns 320,448".
std::string ShowSplit(const Plan& plan);
// Layers of the model that the plan is for.
int ModelLayers(const Plan& plan);

// Boundaries of a plan's pipeline that messages cross: b means before layer b, so 0 is after the
// embedding (a source without layers).
std::vector<int> BoundariesOf(const Plan& plan);

// What happens to the residual stream, in order, after the embedding (entry 0) and at the end of
// each layer l (entry l+1): the residual type everywhere, then the wire type at
// plan.reference_boundaries. Empty when nothing is rounded.
std::vector<std::vector<DType>> RoundingOf(const Plan& plan);

}  // namespace jupiter
