#include "planning/bounds/throughput.h"

#include <algorithm>
#include <utility>

namespace jupiter {
namespace {

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

Throughput::Throughput(const ModelShape& shape, std::vector<BoundDevice> devices, DType residual,
                       const DraftHeads& drafts)
    : shape_(shape), devices_(std::move(devices)), residual_(residual), drafts_(drafts) {
  for (const BoundDevice& device : devices_) alike_ &= device.SameAs(devices_.front());
  kinds_.push_back({[&shape](std::int64_t rows) { return EmbedOps(shape, rows); }});
  kinds_.push_back({[&shape](std::int64_t rows) { return HeadOps(shape, rows); }, 1, true});
  for (std::size_t layer = 0; layer < shape.layers.size(); ++layer) AddLayers(layer);
  least_.assign(devices_.size(), std::vector<std::vector<double>>(kinds_.size()));
}

// Those of the same types, with the first of them.
void Throughput::AddLayers(std::size_t layer) {
  const auto& layers = shape_.layers;
  const auto first = std::find(layers.begin(), layers.end(), layers[layer]);
  if (first != layers.begin() + static_cast<std::ptrdiff_t>(layer)) return;
  const auto count = static_cast<int>(std::count(layers.begin(), layers.end(), layers[layer]));
  const ShareWidths whole = WholeWidths(shape_.config);
  const auto index = static_cast<int>(layer);
  kinds_.push_back({[&shape = shape_, index, whole](std::int64_t rows) {
                      return ProjectionOps(shape, index, rows, whole);
                    },
                    count});
  kinds_.push_back({[&shape = shape_, index, whole](std::int64_t rows) {
                      return MlpOps(shape, index, rows, whole);
                    },
                    count});
  if (residual_ == DType::kF32) return;
  kinds_.push_back({[&shape = shape_, residual = residual_](std::int64_t rows) {
                      return std::vector<OpCall>{RoundOp(shape, residual, rows)};
                    },
                    count});
}

double Throughput::SecondsPerRow(std::size_t device, std::size_t kind, std::int64_t rows) const {
  std::vector<double>& least = least_[device][kind];
  while (std::ssize(least) < rows) {
    const std::int64_t pass = std::ssize(least) + 1;
    const double seconds = devices_[device].Seconds(kinds_[kind].ops(pass));
    const double per_row = seconds / static_cast<double>(pass);
    least.push_back(least.empty() ? per_row : std::min(least.back(), per_row));
  }
  return rows == 0 ? 0 : least[static_cast<std::size_t>(rows - 1)];
}

// All in one op; or, where a device may pick its rows, those that attend most.
double Throughput::AttentionSeconds(const BoundDevice& device, const RowsWork& work) const {
  if (work.context == 0) return 0;
  const ShareWidths whole = WholeWidths(shape_.config);
  const auto seconds_of = [&](std::int64_t rows, std::int64_t context) {
    return device.Seconds({AttentionOp(shape_, rows, context, whole)});
  };
  double seconds = seconds_of(work.rows, work.context);
  if (!alike_ && work.densest > 0) {
    const std::int64_t rows = (work.context + work.densest - 1) / work.densest;
    seconds = std::min(seconds, seconds_of(rows, rows * work.densest) *
                                    static_cast<double>(work.context) /
                                    static_cast<double>(rows * work.densest));
  }
  return shape_.config.layers * seconds;
}

std::vector<double> Throughput::TimesOn(std::size_t device, const RowsWork& work) const {
  std::vector<double> times;
  for (std::size_t kind = 0; kind < kinds_.size(); ++kind) {
    const std::int64_t rows = kinds_[kind].of_head ? work.head_rows : work.rows;
    times.push_back(kinds_[kind].layers * static_cast<double>(rows) *
                    SecondsPerRow(device, kind, rows));
  }
  times.push_back(AttentionSeconds(devices_[device], work));
  times.push_back(static_cast<double>(work.draft_steps) *
                  devices_[device].Seconds(DraftOps(shape_, drafts_)));
  return times;
}

double Throughput::LeastSeconds(const RowsWork& work) const {
  std::vector<std::vector<double>> times;
  for (std::size_t i = 0; i < devices_.size(); ++i) {
    const auto same = std::find_if(devices_.begin(), devices_.end(), [&](const BoundDevice& other) {
      return other.SameAs(devices_[i]);
    });
    const auto known = static_cast<std::size_t>(same - devices_.begin());
    times.push_back(known < i ? times[known] : TimesOn(i, work));
  }
  double least = 0;
  for (const std::vector<double>& prices : times)
    least = std::max(least, AtPricesOf(prices, times));
  return least;
}

}  // namespace jupiter
