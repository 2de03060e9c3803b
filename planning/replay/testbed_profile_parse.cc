// Reading of profiles. Every number may stand alone or as a map that says where it comes from.
#include "planning/replay/testbed_profile_parse.h"

#include <algorithm>
#include <cctype>

#include "kernels/base/check.h"
#include "planning/testbed/profile_format.h"
#include "planning/text/find_data.h"

namespace jupiter {
namespace {

constexpr std::size_t kMostBoards = 256;
constexpr std::size_t kMostPlans = 1000;
constexpr std::size_t kMostVariants = 100;
constexpr std::size_t kMostPlanRanks = 4096;
constexpr std::int64_t kMostFewRows = 1 << 20;
constexpr QuantityRange kBytesPerWeight{Dimension::kFraction, 0.01, 16};
constexpr QuantityRange kPart{Dimension::kFraction, 0, 1};
constexpr QuantityRange kSlowdown{Dimension::kFraction, 1e-3, 1e3};
constexpr QuantityRange kVolume{Dimension::kFraction, 0, 1e4};
constexpr QuantityRange kStepTokens{Dimension::kFraction, 1, 1e3};
constexpr QuantityRange kPayloadRows{Dimension::kFraction, 0, 1e6};

bool IsMap(const YamlValue& value) { return value.node().kind == YamlNode::Kind::kMap; }

bool IsNumber(const YamlValue& value) {
  if (!IsMap(value)) return true;
  const auto& keys = value.node().keys;
  return std::any_of(keys.begin(), keys.end(), [](const auto& key) { return key.text == "value"; });
}

// The number of {value: NUMBER, fixed: WHY, ...}.
YamlValue NumberOf(const YamlValue& value) {
  if (!IsMap(value)) return value;
  constexpr std::string_view kAbout[] = {"source",   "fixed",       "parameter",
                                         "meaning",  "fitted_to",   "standard_error",
                                         "residual", "identifiable"};
  const YamlMap map(value, {"value", "source", "fixed", "parameter", "meaning", "fitted_to",
                            "standard_error", "residual", "identifiable"});
  for (std::string_view key : kAbout) {
    if (const auto about = map.Find(key)) about->Text();
  }
  return map.At("value");
}

double ReadProfileNumber(const YamlMap& map, std::string_view key, const QuantityRange& range) {
  return NumberOf(map.At(key)).Quantity(range);
}

TwoRegimes::Board ReadBoard(const YamlValue& value) {
  const YamlMap map(value, {"few_row_bandwidth", "slowdown"});
  return {ReadProfileNumber(map, "few_row_bandwidth", kMemoryRateRange),
          ReadProfileNumber(map, "slowdown", kSlowdown)};
}

// Of a map with at least one and not too many entries.
std::vector<YamlEntry> BoardEntries(const YamlValue& value) {
  std::vector<YamlEntry> entries = Entries(value);
  if (entries.empty() || entries.size() > kMostBoards) {
    value.Fail(fmt::format("{} boards, expected 1 to {}", entries.size(), kMostBoards));
  }
  return entries;
}

TwoRegimes ReadTwoRegimes(const YamlValue& value) {
  const YamlMap map(
      value, {"name", "law", "bytes_per_weight", "few_rows", "layer_pass_time",
              "split_projection_loss", "many_row_unpack_bandwidth", "many_row_rate", "boards"});
  TwoRegimes law;
  law.bytes_per_weight = ReadProfileNumber(map, "bytes_per_weight", kBytesPerWeight);
  law.few_rows = NumberOf(map.At("few_rows")).Integer(0, kMostFewRows);
  law.layer_pass_time = ReadProfileNumber(map, "layer_pass_time", kSecondsRange);
  law.split_projection_loss = ReadProfileNumber(map, "split_projection_loss", kPart);
  law.many_row_unpack_bandwidth =
      ReadProfileNumber(map, "many_row_unpack_bandwidth", kMemoryRateRange);
  law.many_row_rate = ReadProfileNumber(map, "many_row_rate", kOperationRateRange);
  for (const YamlEntry& entry : BoardEntries(map.At("boards"))) {
    law.boards[entry.name] = ReadBoard(entry.value);
  }
  return law;
}

// A profile in the file, or the name of one.
DeviceProfile ReadRooflineBoard(const YamlValue& value) {
  if (IsMap(value)) return ReadProfile(value);
  std::string path;
  try {
    path = FindDeviceProfile(value.Name(), value.source());
  } catch (const UserError& error) {
    value.Fail(error.what());
  }
  return LoadDeviceProfile(path);
}

ProfileDevices ReadProfileDevices(const YamlValue& value) {
  const YamlMap map(
      value, {"name", "law", "bytes_per_weight", "few_rows", "layer_pass_time",
              "split_projection_loss", "many_row_unpack_bandwidth", "many_row_rate", "boards"});
  ProfileDevices devices;
  devices.name = map.At("name").Name();
  const auto boards = map.Find("boards");
  if (boards) devices.boards_line = boards->node().line;
  const YamlValue law = map.At("law");
  if (law.Text() == "two-regimes") {
    devices.two_regimes = ReadTwoRegimes(value);
    return devices;
  }
  if (law.Text() != "roofline") law.FailGot("expected two-regimes or roofline");
  const YamlMap roofline(value, {"name", "law", "boards"});
  if (!boards) return devices;
  for (const YamlEntry& entry : BoardEntries(*boards)) {
    devices.boards.emplace(entry.name, ReadRooflineBoard(entry.value));
  }
  return devices;
}

ProfileLinks ReadProfileLinks(const YamlValue& value) {
  const YamlMap map(value, {"name", "efficiency", "latency", "wire_overhead", "host_overhead",
                            "host_time_per_byte"});
  return {map.At("name").Name(),
          ReadProfileNumber(map, "efficiency", kEfficiencyRange),
          ReadProfileNumber(map, "latency", kSecondsRange),
          ReadProfileNumber(map, "wire_overhead", kSecondsRange),
          ReadProfileNumber(map, "host_overhead", kSecondsRange),
          ReadProfileNumber(map, "host_time_per_byte", kSecondsPerByteRange)};
}

VolumeFactor ReadVolume(const YamlValue& value) {
  const YamlMap map(value, {"prefill", "decode"});
  return {ReadProfileNumber(map, "prefill", kVolume), ReadProfileNumber(map, "decode", kVolume)};
}

ProfileCollectives ReadCollectives(const YamlValue& value) {
  const YamlMap map(value, {"name", "galaxy_overlap", "volume_factor"});
  const YamlMap volumes(map.At("volume_factor"),
                        {"all_gather", "all_reduce", "tile_ring", "point_to_point"});
  ProfileCollectives collectives;
  collectives.name = map.At("name").Name();
  collectives.galaxy_overlap = map.At("galaxy_overlap").Bool();
  collectives.all_gather = ReadVolume(volumes.At("all_gather"));
  collectives.all_reduce = ReadVolume(volumes.At("all_reduce"));
  collectives.tile_ring = ReadVolume(volumes.At("tile_ring"));
  collectives.point_to_point = ReadVolume(volumes.At("point_to_point"));
  return collectives;
}

// A number for all models, or a map with a number for each; calls `read(model, value)`.
template <typename Read>
void ReadModels(const YamlValue& value, const Read& read) {
  if (IsNumber(value)) return read("", NumberOf(value));
  const std::vector<YamlEntry> entries = Entries(value);
  if (entries.empty()) value.Fail("expected a model, got none");
  for (const YamlEntry& entry : entries) {
    const bool upper = std::any_of(entry.name.begin(), entry.name.end(),
                                   [](unsigned char c) { return std::isupper(c) != 0; });
    if (upper || entry.name.empty()) {
      entry.value.Fail(fmt::format("expected a model in lower case, got {}", Show(entry.name)));
    }
    read(entry.name, NumberOf(entry.value));
  }
}

ProfileDecoding ReadDecoding(const YamlValue& value) {
  const YamlMap map(value, {"name", "tokens_per_step", "payload_rows", "rows"});
  ProfileDecoding decoding;
  decoding.name = map.At("name").Name();
  decoding.tokens_per_step = ReadProfileNumber(map, "tokens_per_step", kStepTokens);
  ReadModels(map.At("payload_rows"), [&](const std::string& model, const YamlValue& number) {
    decoding.payload_rows[model] = number.Quantity(kPayloadRows);
  });
  ReadModels(map.At("rows"), [&](const std::string& model, const YamlValue& number) {
    decoding.rows[model] = static_cast<int>(number.Integer(1, kMostFewRows));
  });
  return decoding;
}

std::vector<int> ReadCounts(const YamlValue& value) {
  std::vector<int> counts;
  for (const YamlValue& item : value.List(1, kMostPlanRanks)) {
    counts.push_back(static_cast<int>(item.Integer(0, kMostFewRows)));
  }
  return counts;
}

std::vector<ProfilePlan> ReadPlans(const YamlMap& root) {
  std::vector<ProfilePlan> plans;
  const auto list = root.Find("plans");
  if (!list) return plans;
  for (const YamlValue& item : list->List(0, kMostPlans)) {
    const YamlMap map(item, {"env", "model", "edgeshard_layers", "galaxy_heads", "galaxy_columns"});
    plans.push_back({map.At("env").Name(), map.At("model").Name(),
                     ReadCounts(map.At("edgeshard_layers")), ReadCounts(map.At("galaxy_heads")),
                     ReadCounts(map.At("galaxy_columns")),
                     fmt::format("{}: line {}", item.source(), item.node().line)});
  }
  return plans;
}

// The other entries are for readers.
ProfileFit ReadFit(const YamlValue& value) {
  ProfileFit fit;
  for (const YamlEntry& entry : Entries(value)) {
    if (entry.name == "prediction_error") {
      fit.prediction_error = entry.value.Quantity(kPart);
    } else if (entry.name == "variants") {
      for (const YamlValue& item : entry.value.List(0, kMostVariants)) {
        fit.variants.push_back(item.Name());
      }
    } else {
      entry.value.Text();
    }
  }
  return fit;
}

}  // namespace

TestbedProfile ParseTestbedProfile(const std::string& text, const std::string& source) {
  const YamlNode root = ParseYaml(text, source);
  const YamlMap map({root, source, ""}, {"jupiter_profile", "name", "description", "devices",
                                         "links", "collectives", "decoding", "plans", "fit"});
  CheckFormatVersion(map, "jupiter_profile");
  TestbedProfile profile;
  profile.source = source;
  profile.name = map.At("name").Name();
  if (const auto description = map.Find("description")) profile.description = description->Text();
  profile.devices = ReadProfileDevices(map.At("devices"));
  profile.links = ReadProfileLinks(map.At("links"));
  profile.collectives = ReadCollectives(map.At("collectives"));
  profile.decoding = ReadDecoding(map.At("decoding"));
  profile.devices.tokens_per_step = profile.decoding.tokens_per_step;
  profile.plans = ReadPlans(map);
  if (const auto fit = map.Find("fit")) profile.fit = ReadFit(*fit);
  return profile;
}

TestbedProfile LoadTestbedProfile(const std::string& path) {
  return ParseTestbedProfile(ReadYamlFile(path, "a profile"), path);
}

std::string FindTestbedProfile(const std::string& name_or_path) {
  return FindDataFile({"profile", "profiles"}, name_or_path);
}

}  // namespace jupiter
