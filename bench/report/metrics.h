// Metrics as pure functions of time stamps.
//
//   TTFT  request start to first token            prefill t/s = prompt tokens / TTFT
//   E2EL  request start to last token
//   TPOT  (E2EL - TTFT) / (tokens - 1)            decode t/s = 1 / TPOT
//   ITL   each gap between two tokens
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace jupiter {

// All in seconds; zero without a token.
struct RequestMetrics {
  double ttft = 0;
  double e2el = 0;
  std::optional<double> tpot;  // of two tokens and more
  std::vector<double> itl;
};

// `times`: when each token was known. Empty times give zeros.
RequestMetrics Measure(double start, const std::vector<double>& times);

// The p-quantile (0 to 1) with linear interpolation between ranks; 0 of nothing.
double Quantile(std::vector<double> values, double p);

double Mean(const std::vector<double>& values);  // 0 of nothing

// "12.345 ms" with so many decimals, or "-" where there is no such time.
std::string ShowMilliseconds(const std::optional<double>& seconds, int decimals);

// count / seconds, or 0 without time.
double Rate(double count, double seconds);

}  // namespace jupiter
