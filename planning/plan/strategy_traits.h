// What a strategy is, as plain data: what planners, formulas, flags, checks and reports ask of it
// instead of its name. A strategy's own file fills it in and its registry entry holds it
// (parallel/strategies/strategy.h); registering the entry makes it known here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace jupiter {

struct ExpectedTraffic;
struct ModelConfig;
struct Plan;

// What ranks exchange inside a layer.
enum class LayerExchange : std::uint8_t {
  kNone,       // nothing: every layer is whole on one rank
  kGatherKv,   // all-gathers of the keys and of the values of a prompt's rows
  kAllReduce,  // ring all-reduces of partial sums
  kTileRing,   // prompts: all-gathers and reduce-scatters of tiles of rows; steps: all-reduces
};

// The order in which partial sums of ranks are added, which decides on the last bits.
enum class SumOrder : std::uint8_t {
  kOneProcess,  // as one process adds
  kColumnRing,  // a ring over ranks, which starts elsewhere for every chunk of columns
  kTileRing,    // the same over tiles of rows in prompts, over chunks of columns in steps
};

// Which ranks compute a decoding step.
enum class DecodesOn : std::uint8_t {
  kStages,     // one stage after the other
  kSource,     // the source alone
  kEveryRank,  // all together
};

// The bytes that rank `rank` sends in a whole request: see RequestTraffic.
using TrafficFormula = ExpectedTraffic (*)(const ModelConfig& config, const Plan& plan,
                                           const std::vector<int>& slices, int tokens, int rank);

struct StrategyTraits {
  std::string name = {};
  std::string summary = {};  // one line for --help: what is cut and what is sent
  std::string caveat = {};   // what reports say beside its results; may be empty
  // One process computes everything: the strategy that the others are compared with.
  bool one_process = false;
  // What is split over the ranks; for heads also the columns of the feed-forward blocks.
  bool cuts_layers = false;
  bool cuts_heads = false;
  bool cuts_rows = false;
  bool takes_slices = false;  // a prompt may pass in slices: --slices acts
  bool own_slices = false;    // without that: `adapt` cuts prompts, and plans have its slices
  bool overlaps = false;      // messages may travel while it computes: --overlap acts
  bool streams = false;       // may read layers again for every batch: --stream acts
  LayerExchange exchange = LayerExchange::kNone;
  int sums_per_layer = 0;  // partial sums of all ranks added up per layer
  SumOrder sum_order = SumOrder::kOneProcess;
  DecodesOn decodes_on = DecodesOn::kStages;
  // Matrices [rows of the largest batch, hidden] that a rank keeps to add up, beside the workspace.
  int sum_matrices = 0;
  std::string planner = {};  // the planner that its paper has, by name
  // Null: what follows from `exchange` and `sums_per_layer`.
  TrafficFormula traffic = nullptr;

  // Whether every rank computes a share of all layers, rather than some layers whole.
  bool shares() const { return cuts_heads || cuts_rows; }
};

// Makes the traits known. CHECKs that the name is new.
void RegisterTraits(const StrategyTraits& traits);
// Throws UserError that lists the known names.
const StrategyTraits& FindTraits(std::string_view name);
// In the order in which they were registered, which is that of reports.
std::vector<const StrategyTraits*> AllTraits();

}  // namespace jupiter
