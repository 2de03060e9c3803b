#include "planning/cost/request_traffic.h"

#include <algorithm>

#include "kernels/base/check.h"
#include "planning/plan/shares.h"
#include "planning/plan/strategy_traits.h"

namespace jupiter {

void ExpectedTraffic::Add(const MessageBytes& message) {
  ++messages;
  header += message.header;
  payload += message.payload;
}

namespace {

struct Block {
  std::int64_t rows = 0;
  bool opens = false;
  bool head = false;  // its last row needs logits
};

std::vector<Block> BlocksOf(const std::vector<int>& slices, int tokens) {
  std::vector<Block> blocks;
  for (std::size_t i = 0; i < slices.size(); ++i) {
    blocks.push_back({slices[i], i == 0, i + 1 == slices.size()});
  }
  blocks.insert(blocks.end(), static_cast<std::size_t>(tokens - 1), {1, false, true});
  return blocks;
}

// Stages pass rows on, the last one returns tokens.
ExpectedTraffic PipelineTraffic(const ModelConfig& config, const Plan& plan,
                                const std::vector<Block>& blocks, int rank) {
  ExpectedTraffic traffic;
  const std::vector<int> ranks = PipelineRanks(plan);
  if (ranks.size() == 1 || std::find(ranks.begin(), ranks.end(), rank) == ranks.end()) return {};
  for (const Block& block : blocks) {
    if (rank != ranks.back()) {
      traffic.Add(
          HiddenMessage(block.rows, config.hidden, plan.wire, block.opens, block.head ? 1 : 0));
    } else if (block.head) {
      traffic.Add(TokenMessage());
    }
  }
  if (rank != ranks.back()) traffic.Add(LastMessage());
  return traffic;
}

// Ranks that compute every layer together: the source announces, collectives carry the rest.
class SharedTraffic {
 public:
  SharedTraffic(const ModelConfig& config, const Plan& plan, const StrategyTraits& traits, int rank)
      : config_(config),
        plan_(plan),
        traits_(traits),
        ranks_(static_cast<int>(plan.layers.size())),
        rank_(rank) {}

  ExpectedTraffic Of(const std::vector<Block>& blocks) {
    if (ranks_ == 1) return {};
    for (const Block& block : blocks) Count(block);
    Announce(LastMessage());
    return traffic_;
  }

 private:
  void Count(const Block& block) {
    const bool tiles = block.rows > 1;
    if (traits_.exchange == LayerExchange::kGatherKv) {
      // The source computes a row alone, and then also everything after it.
      alone_ = alone_ || !tiles;
      if (!alone_) return CountGathers(block);
      if (block.opens) Announce(OpeningMessage());
      return;
    }
    AnnounceBlock(block);
    if (traits_.exchange == LayerExchange::kTileRing && tiles) return CountTiles(block);
    for (int i = 0; i < traits_.sums_per_layer * config_.layers; ++i) {
      ReduceScatter(ColumnChunks(block.rows));
      AllGather(ColumnChunks(block.rows));
    }
  }

  void CountGathers(const Block& block) {
    AnnounceBlock(block);
    // Keys, values.
    for (int i = 0; i < 2 * config_.layers; ++i) AllGather(Tiles(block.rows, config_.kv_width()));
    HeadRow(block);
  }

  void CountTiles(const Block& block) {
    for (int i = 0; i < traits_.sums_per_layer * config_.layers; ++i) {
      AllGather(Tiles(block.rows, config_.hidden));
      ReduceScatter(Tiles(block.rows, config_.hidden));
    }
    HeadRow(block);
  }

  void Announce(const MessageBytes& message) {
    for (int other = 1; rank_ == 0 && other < ranks_; ++other) traffic_.Add(message);
  }

  void AnnounceBlock(const Block& block) {
    Announce(AnnouncedBlock(block.rows, block.opens, block.head ? 1 : 0));
  }

  // The last row belongs to the last rank that has any.
  void HeadRow(const Block& block) {
    if (!block.head || rank_ == 0) return;
    const std::vector<std::int64_t> tiles = Tiles(block.rows, config_.hidden);
    for (int later = rank_ + 1; later < ranks_; ++later) {
      if (tiles[static_cast<std::size_t>(later)] > 0) return;
    }
    if (tiles[static_cast<std::size_t>(rank_)] == 0) return;
    traffic_.Add(PieceMessage(RowBytes(DType::kF32, config_.hidden)));
  }

  // Bytes of each rank's chunk: even columns in whole blocks; the first ranks have what is left
  // over.
  std::vector<std::int64_t> ColumnChunks(std::int64_t rows) const {
    const int block = BlockColumns(plan_.wire);
    std::vector<std::int64_t> chunks;
    for (int rank = 0; rank < ranks_; ++rank) {
      const int blocks = config_.hidden / block;
      const int own = blocks / ranks_ + (rank < blocks % ranks_ ? 1 : 0);
      chunks.push_back(own == 0 ? 0 : rows * RowBytes(plan_.wire, std::int64_t{own} * block));
    }
    return chunks;
  }

  // Bytes of each rank's rows.
  std::vector<std::int64_t> Tiles(std::int64_t rows, std::int64_t width) const {
    std::vector<double> weights(plan_.shares.rows.begin(), plan_.shares.rows.end());
    if (weights.empty()) weights.assign(static_cast<std::size_t>(ranks_), 1);
    std::vector<std::int64_t> chunks;
    for (int own : SplitByWeight(static_cast<int>(rows), 1, weights)) {
      chunks.push_back(own * RowBytes(plan_.wire, width));
    }
    return chunks;
  }

  // A ring passes on every chunk but one.
  void AllBut(int left_out, const std::vector<std::int64_t>& chunks) {
    for (int chunk = 0; chunk < ranks_; ++chunk) {
      const std::int64_t bytes = chunks[static_cast<std::size_t>(chunk)];
      if (chunk != left_out && bytes > 0) traffic_.Add(PieceMessage(bytes));
    }
  }
  void ReduceScatter(const std::vector<std::int64_t>& chunks) { AllBut(rank_, chunks); }
  void AllGather(const std::vector<std::int64_t>& chunks) { AllBut((rank_ + 1) % ranks_, chunks); }

  const ModelConfig& config_;
  const Plan& plan_;
  const StrategyTraits& traits_;
  int ranks_;
  int rank_;
  bool alone_ = false;
  ExpectedTraffic traffic_;
};

}  // namespace

ExpectedTraffic RequestTraffic(const ModelConfig& config, const Plan& plan,
                               const std::vector<int>& slices, int tokens, int rank) {
  JUPITER_CHECK(tokens >= 1);
  const StrategyTraits& traits = FindTraits(plan.strategy);
  if (traits.traffic != nullptr) return traits.traffic(config, plan, slices, tokens, rank);
  const std::vector<Block> blocks = BlocksOf(slices, tokens);
  if (IsShared(plan)) return SharedTraffic(config, plan, traits, rank).Of(blocks);
  return PipelineTraffic(config, plan, blocks, rank);
}

}  // namespace jupiter
