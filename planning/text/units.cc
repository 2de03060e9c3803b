#include "planning/text/units.h"

#include <charconv>
#include <cmath>
#include <span>
#include <system_error>

#include "kernels/base/check.h"

namespace jupiter {
namespace {

// value in base units = number * multiply / divide. Small units divide, because 1e-3 has no exact
// double: 0.2 ms is 0.2 / 1e3, the double that is nearest to 0.0002.
struct Unit {
  std::string_view name;
  double multiply;
  double divide = 1;
};

struct DimensionTraits {
  std::string_view name;
  std::string_view example;
  std::span<const Unit> units;  // the base unit first
};

constexpr double kKibi = 1024.0;
constexpr double kMebi = kKibi * kKibi;
constexpr double kGibi = kMebi * kKibi;
constexpr double kTebi = kGibi * kKibi;

constexpr Unit kMemoryUnits[] = {
    {"B", 1},       {"kB", 1e3},    {"MB", 1e6},    {"GB", 1e9},    {"TB", 1e12},
    {"KiB", kKibi}, {"MiB", kMebi}, {"GiB", kGibi}, {"TiB", kTebi}, {"PiB", kTebi* kKibi}};
constexpr Unit kMemoryRateUnits[] = {{"B/s", 1},       {"kB/s", 1e3},    {"MB/s", 1e6},
                                     {"GB/s", 1e9},    {"TB/s", 1e12},   {"PB/s", 1e15},
                                     {"KiB/s", kKibi}, {"MiB/s", kMebi}, {"GiB/s", kGibi}};
constexpr Unit kBitRateUnits[] = {
    {"bit/s", 1}, {"kbit/s", 1e3}, {"Mbit/s", 1e6}, {"Gbit/s", 1e9}, {"Tbit/s", 1e12}};
constexpr Unit kOperationRateUnits[] = {
    {"OP/s", 1},       {"MOP/s", 1e6},  {"GOP/s", 1e9},  {"TOP/s", 1e12},  {"POP/s", 1e15},
    {"GOPS", 1e9},     {"TOPS", 1e12},  {"FLOP/s", 1},   {"MFLOP/s", 1e6}, {"GFLOP/s", 1e9},
    {"TFLOP/s", 1e12}, {"GFLOPS", 1e9}, {"TFLOPS", 1e12}};
constexpr Unit kTimeUnits[] = {{"s", 1},       {"ms", 1, 1e3}, {"us", 1, 1e6},
                               {"ns", 1, 1e9}, {"min", 60},    {"h", 3600}};
constexpr Unit kTimePerByteUnits[] = {{"s/B", 1},        {"us/B", 1, 1e6},  {"ns/B", 1, 1e9},
                                      {"ms/MB", 1, 1e9}, {"us/kB", 1, 1e9}, {"s/GB", 1, 1e9},
                                      {"ps/B", 1, 1e12}};
constexpr Unit kFractionUnits[] = {{"", 1}, {"%", 1, 100}};

DimensionTraits DimensionTraitsOf(Dimension dimension) {
  switch (dimension) {
    case Dimension::kMemory: return {"memory size", "8 GiB", kMemoryUnits};
    case Dimension::kMemoryRate: return {"memory bandwidth", "59.7 GB/s", kMemoryRateUnits};
    case Dimension::kBitRate: return {"bandwidth", "100 Mbit/s", kBitRateUnits};
    case Dimension::kOperationRate: return {"rate of operations", "6 TOPS", kOperationRateUnits};
    case Dimension::kTime: return {"time", "0.2 ms", kTimeUnits};
    case Dimension::kTimePerByte: return {"time per byte", "0.5 ns/B", kTimePerByteUnits};
    case Dimension::kFraction: return {"number", "0.94", kFractionUnits};
  }
  JUPITER_FAIL("dimension {}", static_cast<int>(dimension));
}

std::string_view TrimSpaces(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

double InBaseUnit(double number, const Unit& unit) { return number * unit.multiply / unit.divide; }

std::string KnownUnits(const DimensionTraits& traits) {
  std::string names;
  for (const Unit& unit : traits.units) {
    if (unit.name.empty()) continue;
    names += fmt::format("{}{}", names.empty() ? "" : ", ", unit.name);
  }
  return names;
}

[[noreturn]] void FailUnit(std::string_view problem, const DimensionTraits& traits) {
  FailUser("{}, expected a {} such as \"{}\" (units: {})", problem, traits.name, traits.example,
           KnownUnits(traits));
}

}  // namespace

std::string_view Name(Dimension dimension) { return DimensionTraitsOf(dimension).name; }

double ParseQuantity(std::string_view text, Dimension dimension) {
  const DimensionTraits traits = DimensionTraitsOf(dimension);
  text = TrimSpaces(text);
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc::result_out_of_range) FailUnit("the number is out of range", traits);
  if (error != std::errc()) FailUnit("no number", traits);
  const std::string_view name =
      TrimSpaces(text.substr(static_cast<std::size_t>(end - text.data())));
  for (const Unit& unit : traits.units) {
    if (unit.name == name) return InBaseUnit(number, unit);
  }
  if (name.empty() && number == 0) return 0;
  FailUnit(name.empty() ? "the unit is missing" : "unknown unit", traits);
}

double Mebibytes(std::int64_t bytes) { return static_cast<double>(bytes) / kMebi; }

std::string FormatBytes(std::int64_t bytes) {
  return std::abs(Mebibytes(bytes)) < 1 ? fmt::format("{} B", bytes)
                                        : fmt::format("{:.1f} MiB", Mebibytes(bytes));
}

std::string FormatQuantity(double value, Dimension dimension) {
  const DimensionTraits traits = DimensionTraitsOf(dimension);
  std::string shortest;
  for (const Unit& unit : traits.units) {
    const double number = value * unit.divide / unit.multiply;
    if (InBaseUnit(number, unit) != value) continue;
    std::string text = fmt::format("{}{}{}", number, unit.name.empty() ? "" : " ", unit.name);
    if (shortest.empty() || text.size() < shortest.size()) shortest = std::move(text);
  }
  JUPITER_CHECK(!shortest.empty(), "{} is no {}", value, traits.name);
  return shortest;
}

}  // namespace jupiter
