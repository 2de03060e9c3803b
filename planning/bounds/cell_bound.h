// A time that no system, on whatever plan, gets below on a testbed with some work. Under the cost
// law of the testbed, and where a share of an op takes at least its share of the time, as rooflines
// and two_regimes.h have it.
//
// - One row's way: each layer on one device, the fastest first as far as it can hold layers, with a
//   message between any two; or on n devices (layer_split.h) with an all-reduce behind. That is in
//   one round, each device getting all rows of n-1 others; or in more, ceil(log2 n) messages one
//   after the other and 2 (n-1) / n of the rows on the link into one device.
// - A prompt: max(all devices at work, the way of its last row).
// - Steps: each the way of its rows; where a request runs ahead of its verdicts, the shortest way
//   each time that a guess was wrong.
// - A set: max(all devices at work on all of it, the slowest of prompt + steps).
//
// Sets run one after the other. What no system of the suite does is left out: the output matrix cut
// in pieces, rows of one step on several devices, a layer that overlaps its exchange on one row's
// way. KV and workspaces need no memory here, and more rows never take less time.
#pragma once

#include <cstdint>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include "planning/bounds/run_work.h"
#include "planning/bounds/throughput.h"
#include "planning/replay/testbed.h"
#include "planning/testbed/cluster.h"

namespace jupiter {

// References outlive the bound.
struct BoundInputs {
  const ModelShape& shape;
  const Cluster& cluster;
  DType wire = DType::kF32;
  DType residual = DType::kF32;
  DraftHeads drafts = {};
  // What messages count under each way in which partial sums of a layer can be exchanged; the least
  // of them counts.
  std::vector<PayloadFactors> exchanges = {{}};
};

class CellBound {
 public:
  explicit CellBound(const BoundInputs& inputs);
  const BoundInputs& inputs() const { return inputs_; }

  // Until the first token is known, and of everything.
  double Prefill(const RequestWork& request) const;
  double Seconds(const std::vector<SetWork>& work) const;

 private:
  enum class Phase : std::uint8_t { kPrompt, kStep };

  void TakeLink(const Link& link);
  double SecondsOf(const SetWork& set) const;
  double RequestSeconds(const RequestWork& request) const;
  // The way of rows that each attend at least all `before` and itself; logits for all of them, and
  // the draft heads.
  double WayOf(const RowBlock& block, Phase phase) const;
  double LayersWay(const RowBlock& block, Phase phase) const;
  double EachLayersWay(const RowBlock& block, Phase phase) const;
  double FilledLayersWay(const RowBlock& block, Phase phase) const;
  static double FillSeconds(int layers, const std::vector<std::pair<double, int>>& by_speed);
  int DevicesNeeded() const;
  // A layer on several devices, and the exchange behind it.
  struct Split {
    double seconds = 0;
    double exchange = 0;
    double total() const { return seconds + exchange; }
  };
  Split BestSplit(int layer, const RowBlock& block, Phase phase) const;
  double LayerOn(const BoundDevice& device, int layer, const RowBlock& block) const;
  // An all-reduce of `rows` on so many devices, and a message with them to a next stage, at least.
  double ExchangeSeconds(int devices, std::int64_t rows, Phase phase) const;
  double MessageSeconds(std::int64_t rows, Phase phase) const;
  // Of rows on the wire.
  double WireSeconds(int channel, std::int64_t rows, Phase phase) const;
  double FastestOf(const std::vector<OpCall>& ops) const;

  const BoundInputs inputs_;
  const BoundDevices devices_;
  const Throughput throughput_;
  std::map<int, int> kinds_;   // the first layer of some types: how many have them
  std::vector<int> capacity_;  // [device]: layers that it can hold
  double byte_seconds_ = 0;    // of the fastest link and its ends
  double latency_ = 0;         // the least
  double message_ = 0;         // the least that one costs whatever its bytes
  // Of LeastSplitSeconds, by kind, rows and context.
  mutable std::map<std::tuple<int, std::int64_t, std::int64_t>, std::vector<double>> splits_;
};

}  // namespace jupiter
