#include "bench/profile/roofline_fit.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <optional>

#include "bench/report/metrics.h"
#include "kernels/base/check.h"

namespace jupiter {
namespace {

// What a profile may hold.
constexpr double kLeastRate = 1e6;
constexpr double kMostRate = 1e15;
constexpr double kLeastOpSeconds = 1e-9;

// An op as the search sees it.
struct RooflineSample {
  double seconds = 0;
  double operations = 0;
  double bytes = 0;
  std::size_t rate = 0;  // index of its rate among the terms
  double weight = 0;
};

// The terms: [0] seconds per op, [1] bytes/s, [2] rate of other ops, then rates of linear by type.
constexpr std::size_t kFixedTerms = 3;

class RooflineSearch {
 public:
  explicit RooflineSearch(const std::vector<OpCall>& medians) {
    std::map<std::int64_t, double> seconds_by_rows;
    for (const OpCall& op : medians) seconds_by_rows[op.rows] += op.seconds;
    terms_.assign(kFixedTerms, 0);
    for (const OpCall& op : medians) {
      if (op.seconds <= 0) continue;
      samples_.push_back({op.seconds, static_cast<double>(op.operations),
                          static_cast<double>(op.bytes), RateOf(op),
                          op.seconds / seconds_by_rows[op.rows]});
    }
    JUPITER_CHECK(!samples_.empty());
    Start();
  }

  void Run() {
    double error = Error();
    for (double step = 2; step > 1.001;) {
      double best = error;
      // The first is the time per op.
      for (std::size_t i = 1; i < terms_.size(); ++i) best = Improve(terms_[i], step, best);
      if (best > error * (1 - 1e-6)) step = std::sqrt(step);
      error = best;
    }
  }

  double seconds_per_op() const { return terms_[0]; }
  double bandwidth() const { return terms_[1]; }
  // Nothing where no op did arithmetic at this rate.
  std::optional<double> other_rate() const {
    return terms_[2] > kLeastRate ? std::optional(terms_[2]) : std::nullopt;
  }
  std::map<DType, double> linear_rates() const {
    std::map<DType, double> rates;
    for (const auto& [dtype, index] : rate_index_) rates[dtype] = terms_[index];
    return rates;
  }
  double MedianError() const {
    std::vector<double> errors;
    for (const RooflineSample& sample : samples_) {
      errors.push_back(std::abs(Predict(sample) / sample.seconds - 1));
    }
    return Quantile(errors, 0.5);
  }

 private:
  std::size_t RateOf(const OpCall& op) {
    if (op.kind != OpKind::kLinear) return 2;
    const auto [entry, is_new] = rate_index_.emplace(op.weight, terms_.size());
    if (is_new) terms_.push_back(0);
    return entry->second;
  }

  // The best rates that some op shows: no op can be faster.
  void Start() {
    terms_[0] = samples_[0].seconds;
    for (const RooflineSample& sample : samples_) {
      terms_[0] = std::min(terms_[0], sample.seconds);
      terms_[1] = std::max(terms_[1], sample.bytes / sample.seconds);
      terms_[sample.rate] = std::max(terms_[sample.rate], sample.operations / sample.seconds);
    }
    terms_[0] = std::max(terms_[0], kLeastOpSeconds);
    for (std::size_t i = 1; i < terms_.size(); ++i) {
      terms_[i] = std::clamp(terms_[i], kLeastRate, kMostRate);
    }
  }

  double Predict(const RooflineSample& sample) const {
    return terms_[0] + std::max(sample.operations / terms_[sample.rate], sample.bytes / terms_[1]);
  }

  double Error() const {
    double error = 0;
    for (const RooflineSample& sample : samples_) {
      error += sample.weight * std::abs(std::log(Predict(sample) / sample.seconds));
    }
    return error;
  }

  // Multiplies or divides the term by `step` if that gives less than `best`; returns the error.
  double Improve(double& term, double step, double best) {
    const double before = term;
    for (const double factor : {step, 1 / step}) {
      term = std::clamp(before * factor, kLeastRate, kMostRate);
      const double error = Error();
      if (error < best) return error;
    }
    term = before;
    return best;
  }

  std::vector<RooflineSample> samples_;
  std::vector<double> terms_;
  std::map<DType, std::size_t> rate_index_;
};

}  // namespace

RooflineFit FitRoofline(const std::vector<OpCall>& medians, const std::string& source) {
  RooflineSearch search(medians);
  search.Run();
  const std::string fitted = source + "; roofline fitted to the measured ops";
  RooflineFit fit;
  fit.median_error = search.MedianError();
  Roofline& roofline = fit.roofline;
  roofline.seconds_per_op = {search.seconds_per_op(), fitted};
  roofline.memory_bandwidth = {search.bandwidth(), fitted};
  for (const auto& [dtype, rate] : search.linear_rates()) roofline.op_rate[dtype] = {rate, fitted};
  const std::optional<double> other = search.other_rate();
  if (roofline.op_rate.count(DType::kF32) == 0) {
    // Arithmetic of attention and norms is f32, too; with neither, the slowest type measured.
    double rate = other ? *other : kMostRate;
    for (const auto& [dtype, known] : roofline.op_rate) {
      if (!other) rate = std::min(rate, known.value);
    }
    roofline.op_rate[DType::kF32] = {
        rate, source + "; no f32 weights were measured: " +
                  (other ? "the rate of other ops" : "the slowest type that was")};
  }
  roofline.other_rate = other ? Quantity{*other, fitted}
                              : Quantity{roofline.op_rate.at(DType::kF32).value,
                                         source + "; no other ops were measured: the rate of f32"};
  return fit;
}

}  // namespace jupiter
