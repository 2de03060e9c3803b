#include "kernels/base/math.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "kernels/base/check.h"

namespace jupiter {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// ln 2 and pi / 2 as unevaluated sums of two doubles.
constexpr double kLn2High = 0x1.62e42fefa39efp-1;
constexpr double kLn2Low = 0x1.abc9e3b39803fp-56;
constexpr double kHalfPiHigh = 0x1.921fb54442d18p0;
constexpr double kHalfPiLow = 0x1.1a62633145c07p-54;

double RoundHalfUp(double x) { return std::floor(x + 0.5); }

// 2^n for -1022 <= n <= 1023.
double PowerOfTwo(int n) {
  return std::bit_cast<double>(static_cast<std::uint64_t>(n + 1023) << 52);
}

// x = quarter_turns * pi / 2 + rest, |rest| <= pi / 4. The first fma is exact up to one rounding of
// a number below 1, whatever the size of x.
struct Reduced {
  int quarter_turns = 0;  // modulo 4
  double rest = 0;
};

Reduced Reduce(double x) {
  const double n = RoundHalfUp(x / kHalfPiHigh);
  const double rest = std::fma(-n, kHalfPiLow, std::fma(-n, kHalfPiHigh, x));
  return {static_cast<int>(n - 4 * std::floor(n / 4)), rest};
}

// sum over k of (-1)^k r^(2k+1) / (2k+1)!, to r^19.
double SinSeries(double r) {
  const double square = r * r;
  double sum = 1;
  for (int k = 9; k >= 1; --k) sum = std::fma(-sum, square / ((2 * k) * (2 * k + 1)), 1.0);
  return r * sum;
}

// sum over k of (-1)^k r^(2k) / (2k)!, to r^20.
double CosSeries(double r) {
  const double square = r * r;
  double sum = 1;
  for (int k = 10; k >= 1; --k) sum = std::fma(-sum, square / ((2 * k - 1) * (2 * k)), 1.0);
  return sum;
}

double SinAfterTurns(double x, int turns) {
  if (!(std::abs(x) <= 1e7)) return kNan;
  const Reduced reduced = Reduce(x);
  switch ((reduced.quarter_turns + turns) % 4) {
    case 0: return SinSeries(reduced.rest);
    case 1: return CosSeries(reduced.rest);
    case 2: return -SinSeries(reduced.rest);
    default: return -CosSeries(reduced.rest);
  }
}

}  // namespace

double DeterministicSin(double x) { return SinAfterTurns(x, 0); }

double DeterministicCos(double x) { return SinAfterTurns(x, 1); }

double DeterministicExp(double x) {
  if (x != x) return kNan;
  if (x > 709.7) return kInfinity;
  if (x < -708) return 0;
  const double n = RoundHalfUp(x / kLn2High);
  const double r = std::fma(-n, kLn2Low, std::fma(-n, kLn2High, x));
  double sum = 1;
  for (int k = 16; k >= 1; --k) sum = std::fma(sum, r / k, 1.0);
  // In two steps, because 2^1024 alone is no double.
  const int half = static_cast<int>(n) / 2;
  return sum * PowerOfTwo(half) * PowerOfTwo(static_cast<int>(n) - half);
}

double DeterministicLog(double x) {
  if (x != x || x < 0) return kNan;
  if (x == 0) return -kInfinity;
  if (x == kInfinity) return kInfinity;
  int exponent = 0;
  if (x < std::numeric_limits<double>::min()) {
    x *= 0x1p54;
    exponent = -54;
  }
  const auto bits = std::bit_cast<std::uint64_t>(x);
  exponent += static_cast<int>(bits >> 52) - 1023;
  double m = std::bit_cast<double>((bits & 0xfffffffffffffull) | 0x3ff0000000000000ull);
  if (m > 0x1.6a09e667f3bcdp0) {  // sqrt(2): keep m - 1 small on both sides
    m *= 0.5;
    ++exponent;
  }
  // log(m) = 2 artanh(s), s = (m - 1) / (m + 1), |s| <= 0.172.
  const double s = (m - 1) / (m + 1);
  const double square = s * s;
  double sum = 1.0 / 25;
  for (int k = 11; k >= 0; --k) sum = std::fma(sum, square, 1.0 / (2 * k + 1));
  return std::fma(exponent, kLn2High, std::fma(exponent, kLn2Low, 2 * s * sum));
}

double DeterministicPow(double base, double exponent) {
  JUPITER_CHECK(base > 0, "base {}", base);
  const double log = DeterministicLog(base);
  const double product = exponent * log;
  const double rest = std::fma(exponent, log, -product);
  const double power = DeterministicExp(product);
  return std::isfinite(power) ? std::fma(power, rest, power) : power;
}

}  // namespace jupiter
