// What galaxy's prefill takes with and without overlap, by the definition of its tiles: replays of
// recorded runs, on devices that charge products only and a network of bandwidth only.
//
// A block gathers the rows of all ranks around a ring, tile by tile (a tile is the rows of a rank),
// multiplies each (q, k, v; gate and up), multiplies back (output; down) and sums the tiles around
// the ring. With n like ranks, g seconds for the product of a tile and c for its message, a ring
// with overlap takes g + (n-1) max(g, c), without n g + (n-1) c.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "kernels/make_device.h"
#include "model/loaders/open_checkpoint.h"
#include "planning/replay/simulator.h"
#include "planning/replay/testbed.h"
#include "planning/testbed/op_costs.h"
#include "tests/parallel/emulation/record_request.h"
#include "tests/parallel/mpi_main.h"
#include "tests/parallel/strategies/share_cases.h"

namespace jupiter {
namespace {

constexpr const char* kModel = "synthetic:tiny";
// Divided by 1 to 4 ranks, and by the sums of the weights of UnevenShares.
constexpr int kRows = 84;
constexpr double kAttentionSeconds = 1e-3;
using Doubles = std::vector<double>;

// Products at a rate, a fixed time for attention, nothing else.
class ProductCosts : public OpCosts {
 public:
  explicit ProductCosts(double rate) : rate_(rate) {}
  double Seconds(const OpCall& op) const override {
    if (op.kind == OpKind::kAttention) return kAttentionSeconds;
    if (op.kind != OpKind::kLinear) return 0;
    return static_cast<double>(op.rows * op.inner * op.outer) / rate_;
  }

 private:
  double rate_;  // multiply-adds per second
};

Testbed MakeTestbed(const Doubles& rates, double bandwidth) {
  Testbed testbed;
  for (double rate : rates) testbed.costs.push_back(std::make_shared<ProductCosts>(rate));
  Link link;
  link.bandwidth = bandwidth;
  testbed.links.assign(rates.size(), std::vector<Link>(rates.size(), link));
  return testbed;
}

RunRecord RecordGalaxy(const Shares& shares, bool overlap) {
  Transport transport(TestContext());
  const auto device = MakeDevice("recording", {});
  const auto checkpoint = OpenCheckpoint(kModel);
  SessionOptions options;
  options.plan.strategy = "galaxy";
  options.plan.shares = shares;
  options.plan.overlap = overlap;
  options.prompt_tokens = kRows;
  RunRecord record = RecordRequest(transport, *device, *checkpoint, options);
  DropOverheads(record);
  return record;
}

// At the source; others may still have to finish their tiles.
double FirstTokenSeconds(const Replay& replay) {
  for (const MarkTime& mark : replay.ranks.front().marks) {
    if (mark.kind == MarkKind::kFirstToken) return mark.time;
  }
  ADD_FAILURE() << "no first token";
  return 0;
}

// Multiply-adds for a row in each of the four rings of a layer.
struct Products {
  double qkv = 0;
  double out = 0;
  double gate_up = 0;
  double down = 0;
};

Products ProductsOf(const ModelConfig& config, int kv_heads, int columns) {
  const double keys = kv_heads * config.head_dim;
  const double queries = keys * config.heads / config.kv_heads;
  const double hidden = config.hidden;
  return {hidden * (queries + 2 * keys), hidden * queries, 2 * hidden * columns, hidden * columns};
}

double HeadSeconds(const ModelConfig& config, double rate) {
  return static_cast<double>(config.hidden) * config.vocab / rate;
}

// Seconds of a message of so many rows in f32.
double MessageSeconds(const ModelConfig& config, double rows, double bandwidth) {
  return rows * config.hidden * 4 * 8 / bandwidth;
}

// Of the whole prefill, on like ranks with even shares.
double ClosedForm(const ModelConfig& config, int n, double rate, double bandwidth, bool overlap) {
  const double rows = kRows / n;
  const double c = MessageSeconds(config, rows, bandwidth);
  const Products products = ProductsOf(config, config.kv_heads / n, config.ffn / n);
  double layer = kAttentionSeconds;
  for (double product : {products.qkv, products.out, products.gate_up, products.down}) {
    const double g = rows * product / rate;
    layer += overlap ? g + (n - 1) * std::max(g, c) : n * g + (n - 1) * c;
  }
  return config.layers * layer + HeadSeconds(config, rate);
}

// Bandwidths at which the messages of a tile take `times` the seconds of its shortest or longest
// product.
struct Regime {
  const char* name;
  bool shortest;
  double times;
};
constexpr Regime kRegimes[] = {{"products hide every message", true, 0.5},
                               {"some do", true, 1.5},
                               {"messages hide every product", false, 4}};

TEST(GalaxyOverlapTest, TakesWhatTheClosedFormSays) {
  const ModelConfig config = OpenCheckpoint(kModel)->config();
  const int n = TestContext().size();
  if (config.kv_heads % n != 0) {
    GTEST_SKIP() << config.kv_heads << " KV heads cannot be even on " << n
                 << " ranks: run under mpirun -np 2";
  }
  const RunRecord with = RecordGalaxy({}, true);
  const RunRecord without = RecordGalaxy({}, false);
  if (TestContext().rank() != 0) return;
  constexpr double kRate = 1e9;
  const Products products = ProductsOf(config, config.kv_heads / n, config.ffn / n);
  const auto [least, most] =
      std::minmax({products.qkv, products.out, products.gate_up, products.down});
  EXPECT_LT(least * 1.5, most);  // so that the regime between lies between
  for (const Regime& regime : kRegimes) {
    SCOPED_TRACE(regime.name);
    const double product = (regime.shortest ? least : most) / kRate;
    const double bandwidth = MessageSeconds(config, 1, 1) / (regime.times * product);
    const auto seconds = [&](const RunRecord& record) {
      const Doubles rates(static_cast<std::size_t>(n), kRate);
      return FirstTokenSeconds(Simulate(record, MakeTestbed(rates, bandwidth)));
    };
    const double hidden = ClosedForm(config, n, kRate, bandwidth, true);
    const double shown = ClosedForm(config, n, kRate, bandwidth, false);
    EXPECT_NEAR(seconds(with) / hidden, 1, 1e-12);
    EXPECT_NEAR(seconds(without) / shown, 1, 1e-12);
    EXPECT_TRUE(n == 1 || hidden < shown) << hidden << " " << shown;
  }
}

// The same for ranks of any shares and speeds, step by step: each has a clock of its own.
class Rings {
 public:
  Rings(const ModelConfig& config, const Shares& shares, const Doubles& rates, double bandwidth,
        bool overlap)
      : config_(config),
        shares_(shares),
        rates_(rates),
        bandwidth_(bandwidth),
        overlap_(overlap),
        clock_(rates.size(), 0.0),
        link_free_(rates.size(), 0.0) {
    const int sum = std::accumulate(shares.rows.begin(), shares.rows.end(), 0);
    for (int weight : shares.rows) rows_.push_back(kRows * weight / sum);
  }

  double Run() {
    for (int layer = 0; layer < config_.layers; ++layer) {
      Gather(&Products::qkv);
      for (int rank = 0; rank < size(); ++rank) {
        if (shares_.heads[At(rank)] > 0) clock_[At(rank)] += kAttentionSeconds;
      }
      Scatter(&Products::out);
      Gather(&Products::gate_up);
      Scatter(&Products::down);
    }
    // The row for the head is the last one.
    int owner = size() - 1;
    while (rows_[At(owner)] == 0) --owner;
    return std::max(clock_[0], clock_[At(owner)]) + HeadSeconds(config_, rates_[0]);
  }

 private:
  int size() const { return static_cast<int>(rates_.size()); }
  std::size_t At(int rank) const { return static_cast<std::size_t>((rank + size()) % size()); }
  double Work(int rank, int tile, double Products::*product) const {
    const std::size_t r = At(rank);
    const Products products = ProductsOf(config_, shares_.heads[r], shares_.columns[r]);
    return rows_[At(tile)] * (products.*product) / rates_[r];
  }
  double AllWork(int rank, double Products::*product) const {
    double seconds = 0;
    for (int tile = 0; tile < size(); ++tile) seconds += Work(rank, tile, product);
    return seconds;
  }
  // When a tile that the rank before sent at some time is here; that link carries one at a time.
  double Arrival(int rank, int tile, double sent) {
    double& free = link_free_[At(rank)];
    free = std::max(free, sent) + MessageSeconds(config_, rows_[At(tile)], bandwidth_);
    return free;
  }

  // At step k rank r takes tile r - k, passes it on and multiplies it. No rows, no message.
  void Gather(double Products::*product) {
    Doubles sent = clock_;
    for (int r = 0; r < size(); ++r) {
      if (overlap_) clock_[At(r)] += Work(r, r, product);
    }
    for (int k = 1; k < size(); ++k) {
      Doubles taken = clock_;
      for (int r = 0; r < size(); ++r) {
        if (rows_[At(r - k)] == 0) continue;
        taken[At(r)] = std::max(clock_[At(r)], Arrival(r, r - k, sent[At(r - 1)]));
      }
      sent = clock_ = taken;
      for (int r = 0; r < size(); ++r) {
        if (overlap_) clock_[At(r)] += Work(r, r - k, product);
      }
    }
    for (int r = 0; r < size(); ++r) {
      if (!overlap_) clock_[At(r)] += AllWork(r, product);
    }
  }

  // At step k rank r sends its sum for tile r - k, and makes the next one while that of the rank
  // before travels.
  void Scatter(double Products::*product) {
    for (int r = 0; r < size(); ++r) {
      clock_[At(r)] += overlap_ ? Work(r, r - 1, product) : AllWork(r, product);
    }
    for (int k = 1; k < size(); ++k) {
      const Doubles sent = clock_;
      for (int r = 0; r < size(); ++r) {
        const int tile = r - k - 1;
        if (overlap_) clock_[At(r)] += Work(r, tile, product);
        if (rows_[At(tile)] == 0) continue;
        clock_[At(r)] = std::max(clock_[At(r)], Arrival(r, tile, sent[At(r - 1)]));
      }
    }
  }

  const ModelConfig& config_;
  const Shares& shares_;
  const Doubles& rates_;
  double bandwidth_;
  bool overlap_;
  std::vector<int> rows_;  // of each rank's tile
  Doubles clock_;          // by rank
  Doubles link_free_;      // by receiving rank
};

TEST(GalaxyOverlapTest, UnevenSharesTakeWhatTheStepsSay) {
  const ModelConfig config = OpenCheckpoint(kModel)->config();
  const int n = TestContext().size();
  const Shares shares = UnevenShares(n);
  const RunRecord records[] = {RecordGalaxy(shares, false), RecordGalaxy(shares, true)};
  if (TestContext().rank() != 0) return;
  Doubles rates;
  for (int rank = 0; rank < n; ++rank) rates.push_back(1e9 / (1 + rank % 3));
  for (double bandwidth : {1e7, 1e8, 1e9, 1e10}) {
    for (bool overlap : {false, true}) {
      const double expected = Rings(config, shares, rates, bandwidth, overlap).Run();
      const Replay replay = Simulate(records[overlap ? 1 : 0], MakeTestbed(rates, bandwidth));
      EXPECT_NEAR(FirstTokenSeconds(replay) / expected, 1, 1e-12) << bandwidth << " " << overlap;
    }
  }
}

}  // namespace
}  // namespace jupiter
