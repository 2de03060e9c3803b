#include "planning/testbed/device_profile.h"

#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "kernels/base/check.h"
#include "planning/testbed/profile_format.h"
#include "planning/text/find_data.h"

namespace jupiter {
namespace {

constexpr QuantityRange kContext{Dimension::kFraction, 0, 1e9};
constexpr std::int64_t kMostTableRows = 1 << 30;
constexpr std::int64_t kMostWidth = 1 << 30;
constexpr std::size_t kMostTables = 10'000;
constexpr std::size_t kMostTablePoints = 100'000;

YamlMap ProfileMap(const YamlValue& value) {
  return {value, {"jupiter_device", "name", "description", "memory", "roofline", "measured"}};
}

DType ReadDType(const YamlValue& value) {
  const std::string& name = value.Text();
  if (const std::optional<DType> dtype = ParseDType(name)) return *dtype;
  std::vector<std::string> known;
  for (std::size_t i = 0; i < kDTypes; ++i) known.emplace_back(Name(static_cast<DType>(i)));
  value.Fail(fmt::format("unknown type {}{}", Show(name), ExpectedOneOf(name, known)));
}

OpKind ReadOpKind(const YamlValue& value) {
  const std::string& name = value.Text();
  std::vector<std::string> known;
  for (std::size_t i = 0; i < kOpKinds; ++i) {
    known.emplace_back(Name(static_cast<OpKind>(i)));
    if (known.back() == name) return static_cast<OpKind>(i);
  }
  value.Fail(fmt::format("unknown op {}{}", Show(name), ExpectedOneOf(name, known)));
}

std::map<DType, Quantity> ReadOpRates(const YamlValue& value) {
  std::map<DType, Quantity> rates;
  std::vector<std::string> known;
  for (std::size_t i = 0; i < kDTypes; ++i) {
    if (static_cast<DType>(i) != DType::kAct8) known.emplace_back(Name(static_cast<DType>(i)));
  }
  for (const YamlEntry& entry : Entries(value)) {
    const std::optional<DType> dtype = ParseDType(entry.name);
    if (!dtype || *dtype == DType::kAct8) {
      entry.value.Fail(fmt::format("no type of weights{}", ExpectedOneOf(entry.name, known)));
    }
    rates[*dtype] = ReadQuantity(entry.value, kOperationRateRange);
  }
  if (rates.count(DType::kF32) == 0) {
    value.Fail("f32 is missing, which stands for the types without a rate of their own; add it");
  }
  return rates;
}

Roofline ReadRoofline(const YamlValue& value) {
  const YamlMap map(value, {"memory_bandwidth", "time_per_op", "op_rate", "other_rate"});
  Roofline roofline;
  roofline.memory_bandwidth = ReadQuantity(map.At("memory_bandwidth"), kMemoryRateRange);
  roofline.seconds_per_op = ReadQuantity(map.At("time_per_op"), kSecondsRange);
  roofline.op_rate = ReadOpRates(map.At("op_rate"));
  roofline.other_rate = ReadQuantity(map.At("other_rate"), kOperationRateRange);
  return roofline;
}

std::vector<MeasuredPoint> ReadPoints(const YamlValue& value) {
  std::vector<MeasuredPoint> points;
  std::set<std::pair<std::int64_t, double>> seen;
  for (const YamlValue& item : value.List(1, kMostTablePoints)) {
    const std::vector<YamlValue> fields = item.List(3, 3);
    points.push_back({fields[0].Integer(1, kMostTableRows), fields[1].Quantity(kContext),
                      fields[2].Quantity(kMeasuredSecondsRange)});
    if (!seen.emplace(points.back().rows, points.back().context).second) {
      item.Fail("the same rows and context as in an earlier point; keep one");
    }
  }
  return points;
}

MeasuredOp ReadMeasuredOp(const YamlValue& value) {
  const YamlMap map(value, {"op", "weight", "input", "inner", "outer", "points"});
  MeasuredOp op;
  op.kind = ReadOpKind(map.At("op"));
  if (const auto weight = map.Find("weight")) op.weight = ReadDType(*weight);
  if (const auto input = map.Find("input")) op.input = ReadDType(*input);
  op.inner = map.At("inner").Integer(0, kMostWidth);
  op.outer = map.At("outer").Integer(0, kMostWidth);
  op.points = ReadPoints(map.At("points"));
  return op;
}

std::vector<MeasuredOp> ReadMeasured(const YamlValue& value) {
  std::vector<MeasuredOp> ops;
  std::set<std::tuple<OpKind, DType, DType, std::int64_t, std::int64_t>> seen;
  for (const YamlValue& item : value.List(0, kMostTables)) {
    ops.push_back(ReadMeasuredOp(item));
    const MeasuredOp& op = ops.back();
    if (!seen.emplace(op.kind, op.weight, op.input, op.inner, op.outer).second) {
      item.Fail("the same op, types and widths as in an earlier table; join their points");
    }
  }
  return ops;
}

}  // namespace

Quantity ReadQuantity(const YamlValue& value, const QuantityRange& range) {
  const YamlMap map(value, {"value", "source"});
  return {map.At("value").Quantity(range), map.At("source").Text()};
}

void ReadMemory(const YamlValue& value, Quantity& total, Quantity& usable) {
  const YamlMap map(value, {"total", "usable"});
  if (const auto part = map.Find("total")) total = ReadQuantity(*part, kMemoryRange);
  if (const auto part = map.Find("usable")) usable = ReadQuantity(*part, kMemoryRange);
  if (usable.value > total.value) {
    value.Fail(fmt::format("usable memory is {}, expected at most the total of {}",
                           FormatQuantity(usable.value, Dimension::kMemory),
                           FormatQuantity(total.value, Dimension::kMemory)));
  }
}

void CheckFormatVersion(const YamlMap& map, std::string_view key) {
  const YamlValue version = map.At(key);
  if (version.Text() != "1") version.FailGot("expected format version 1");
}

DeviceProfile ReadProfile(const YamlValue& value) {
  const YamlMap map = ProfileMap(value);
  DeviceProfile profile;
  profile.name = map.At("name").Name();
  if (const auto description = map.Find("description")) profile.description = description->Text();
  const YamlMap memory(map.At("memory"), {"total", "usable"});
  memory.At("total");
  memory.At("usable");
  ReadMemory(memory.value(), profile.total_memory, profile.usable_memory);
  profile.roofline = ReadRoofline(map.At("roofline"));
  if (const auto measured = map.Find("measured")) profile.measured = ReadMeasured(*measured);
  return profile;
}

DeviceProfile ParseDeviceProfile(const std::string& text, const std::string& source) {
  const YamlNode root = ParseYaml(text, source);
  const YamlValue value(root, source, "");
  const YamlMap map = ProfileMap(value);
  CheckFormatVersion(map, "jupiter_device");
  return ReadProfile(value);
}

DeviceProfile LoadDeviceProfile(const std::string& path) {
  return ParseDeviceProfile(ReadYamlFile(path, "a device profile"), path);
}

std::string FindDeviceProfile(const std::string& name_or_path, const std::string& beside) {
  return FindDataFile({"device profile", "devices"}, name_or_path, beside);
}

}  // namespace jupiter
