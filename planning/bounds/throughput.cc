#include "planning/bounds/throughput.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace jupiter {
namespace {

using Ops = std::vector<OpCall>;

// Times of the whole work on one device, kind by kind.
class KindTimes {
 public:
  KindTimes(const ModelShape& shape, const BoundDevice& device, DType residual,
            const DraftHeads& drafts, const RowsWork& work, bool alone)
      : shape_(shape), device_(device), residual_(residual), work_(work) {
    AddRows(work.rows, 1, [&](std::int64_t rows) { return EmbedOps(shape, rows); });
    for (std::size_t layer = 0; layer < shape.layers.size(); ++layer) AddLayer(layer);
    AddAttention(alone);
    AddRows(work.head_rows, 1, [&](std::int64_t rows) { return HeadOps(shape, rows); });
    if (work.draft_steps > 0) {
      seconds_.push_back(static_cast<double>(work.draft_steps) *
                         device.Seconds(DraftOps(shape, drafts)));
    }
  }

  const std::vector<double>& seconds() const { return seconds_; }

 private:
  // A kind whose ops are those of `ops` for a pass; `layers` times.
  void AddRows(std::int64_t rows, int layers, const std::function<Ops(std::int64_t)>& ops) {
    if (rows == 0) return;
    double per_row = std::numeric_limits<double>::infinity();
    for (std::int64_t pass = 1; pass <= rows; ++pass) {
      per_row = std::min(per_row, device_.Seconds(ops(pass)) / static_cast<double>(pass));
    }
    seconds_.push_back(layers * per_row * static_cast<double>(rows));
  }

  // Layers of the same types together, with the first of them.
  void AddLayer(std::size_t layer) {
    const auto& layers = shape_.layers;
    const auto same = [&](const LayerTypes& types) { return types == layers[layer]; };
    if (std::any_of(layers.begin(), layers.begin() + static_cast<std::ptrdiff_t>(layer), same))
      return;
    const auto count = static_cast<int>(std::count_if(layers.begin(), layers.end(), same));
    const ShareWidths whole = WholeWidths(shape_.config);
    const auto index = static_cast<int>(layer);
    AddRows(work_.rows, count,
            [&](std::int64_t rows) { return ProjectionOps(shape_, index, rows, whole); });
    AddRows(work_.rows, count,
            [&](std::int64_t rows) { return MlpOps(shape_, index, rows, whole); });
    if (residual_ == DType::kF32) return;
    AddRows(work_.rows, count,
            [&](std::int64_t rows) { return Ops{RoundOp(shape_, residual_, rows)}; });
  }

  // All in one op; or, where a device may pick its rows, those that attend most.
  void AddAttention(bool alone) {
    if (work_.context == 0) return;
    const ShareWidths whole = WholeWidths(shape_.config);
    const auto seconds_of = [&](std::int64_t rows, std::int64_t context) {
      return device_.Seconds({AttentionOp(shape_, rows, context, whole)});
    };
    double seconds = seconds_of(work_.rows, work_.context);
    if (!alone && work_.densest > 0) {
      const std::int64_t rows = (work_.context + work_.densest - 1) / work_.densest;
      seconds = std::min(seconds, seconds_of(rows, rows * work_.densest) *
                                      static_cast<double>(work_.context) /
                                      static_cast<double>(rows * work_.densest));
    }
    seconds_.push_back(shape_.config.layers * seconds);
  }

  const ModelShape& shape_;
  const BoundDevice& device_;
  DType residual_;
  const RowsWork& work_;
  std::vector<double> seconds_;
};

// The bound with the times of one device as prices. What costs nothing anywhere has no price.
double AtPricesOf(const std::vector<double>& prices,
                  const std::vector<std::vector<double>>& times) {
  std::vector<bool> priced(prices.size());
  double worth = 0;
  for (std::size_t kind = 0; kind < prices.size(); ++kind) {
    priced[kind] = std::all_of(times.begin(), times.end(),
                               [&](const auto& of_device) { return of_device[kind] > 0; });
    if (priced[kind]) worth += prices[kind];
  }
  double earned = 0;  // per second, by all devices
  for (const std::vector<double>& of_device : times) {
    double best = 0;
    for (std::size_t kind = 0; kind < prices.size(); ++kind) {
      if (priced[kind]) best = std::max(best, prices[kind] / of_device[kind]);
    }
    earned += best;
  }
  return earned > 0 ? worth / earned : 0;
}

}  // namespace

double FastestRate(const RateTrace& trace) {
  double fastest = trace.steps().empty() ? 1 : 0;
  for (const RateStep& step : trace.steps()) fastest = std::max(fastest, step.rate);
  return fastest;
}

BoundDevices::BoundDevices(const Cluster& cluster) {
  const auto& devices = cluster.devices;
  for (std::size_t i = 0; i < devices.size(); ++i) {
    const auto same = std::find_if(devices.begin(), devices.end(), [&](const auto& other) {
      return devices[i].costs == nullptr && other.costs == nullptr &&
             other.profile.name == devices[i].profile.name;
    });
    const auto known = static_cast<std::size_t>(same - devices.begin());
    costs_.push_back(known < i ? costs_[known] : OpCostsOf(devices[i]));
    devices_.push_back({costs_.back().get(), FastestRate(devices[i].speed)});
  }
}

std::int64_t LeastContext(const RowBlock& block) { return block.rows * (block.before + 1); }

double LayerSeconds(const ModelShape& shape, const BoundDevice& device, DType residual, int layer,
                    const RowBlock& block) {
  const ShareWidths whole = WholeWidths(shape.config);
  std::vector<OpCall> ops = LayerOpsWithoutAttention(shape, layer, block.rows);
  ops.push_back(AttentionOp(shape, block.rows, LeastContext(block), whole));
  if (residual != DType::kF32) ops.push_back(RoundOp(shape, residual, block.rows));
  return device.Seconds(ops);
}

RowsWork& RowsWork::operator+=(const RowsWork& more) {
  rows += more.rows;
  context += more.context;
  densest = std::max(densest, more.densest);
  head_rows += more.head_rows;
  draft_steps += more.draft_steps;
  return *this;
}

RowsWork RowsOf(const RowBlock& block) {
  return {.rows = block.rows,
          .context = block.rows * block.before + block.rows * (block.rows + 1) / 2,
          .densest = block.before + block.rows};
}

double LeastSeconds(const ModelShape& shape, const std::vector<BoundDevice>& devices,
                    DType residual, const DraftHeads& drafts, const RowsWork& work) {
  const bool alike = std::all_of(devices.begin(), devices.end(), [&](const BoundDevice& device) {
    return device.SameAs(devices.front());
  });
  std::vector<std::vector<double>> times;
  for (const BoundDevice& device : devices) {
    const auto known = std::find_if(devices.begin(), devices.end(),
                                    [&](const BoundDevice& other) { return other.SameAs(device); });
    const auto index = static_cast<std::size_t>(known - devices.begin());
    times.push_back(index < times.size()
                        ? times[index]
                        : KindTimes(shape, device, residual, drafts, work, alike).seconds());
  }
  double least = 0;
  for (const std::vector<double>& prices : times)
    least = std::max(least, AtPricesOf(prices, times));
  return least;
}

}  // namespace jupiter
