#include "bench/paper/experiment.h"

#include <algorithm>
#include <filesystem>
#include <initializer_list>

#include "bench/paper/systems.h"
#include "kernels/base/check.h"
#include "planning/yaml_reader.h"

namespace jupiter {
namespace {

constexpr std::size_t kMost = 100;
constexpr std::int64_t kMostTokens = 1'000'000;
constexpr QuantityRange kBandwidth{Dimension::kBitRate, 1e3, 1e12};

using Pairs = std::vector<std::pair<std::string, std::string>>;

Pairs ReadPairs(const YamlValue& value) {
  Pairs pairs;
  for (const YamlEntry& entry : Entries(value)) {
    pairs.emplace_back(entry.name, entry.value.Text());
  }
  if (pairs.empty() || pairs.size() > kMost) {
    value.Fail(fmt::format("{} entries, expected 1 to {}", pairs.size(), kMost));
  }
  return pairs;
}

// Texts that differ, each one of `known` where that is not empty.
std::vector<std::string> ReadNames(const YamlValue& value, const std::vector<std::string>& known) {
  std::vector<std::string> names;
  for (const YamlValue& item : value.List(1, kMost)) {
    const std::string& name = item.Text();
    if (std::find(names.begin(), names.end(), name) != names.end()) {
      item.Fail(fmt::format("{} is given twice", Show(name)));
    }
    if (!known.empty() && std::find(known.begin(), known.end(), name) == known.end()) {
      item.Fail(fmt::format("unknown {}{}", Show(name), ExpectedOneOf(name, known)));
    }
    names.push_back(name);
  }
  return names;
}

DType ReadType(const YamlValue& value, std::initializer_list<DType> allowed) {
  for (DType dtype : allowed) {
    if (value.Text() == Name(dtype)) return dtype;
  }
  value.FailGot("unknown type");
}

void ReadWorkload(const YamlValue& value, PaperExperiment& experiment) {
  const YamlMap map(value, {"prompt_tokens", "generated_tokens", "wire", "kv"});
  experiment.prompt_tokens = static_cast<int>(map.At("prompt_tokens").Integer(1, kMostTokens));
  experiment.generated_tokens =
      static_cast<int>(map.At("generated_tokens").Integer(1, kMostTokens));
  experiment.wire = ReadType(map.At("wire"), {DType::kF32, DType::kF16, DType::kQ8_0});
  experiment.kv = ReadType(map.At("kv"), {DType::kF32, DType::kF16});
}

std::vector<std::string> FirstOf(const Pairs& pairs) {
  std::vector<std::string> names;
  for (const auto& [name, text] : pairs) names.push_back(name);
  return names;
}

const std::string& OneOf(const YamlValue& value, const std::vector<std::string>& known) {
  if (std::find(known.begin(), known.end(), value.Text()) != known.end()) return value.Text();
  value.Fail(fmt::format("unknown {}{}", Show(value.Text()), ExpectedOneOf(value.Text(), known)));
}

PaperWaterfall ReadWaterfall(const YamlValue& value, const PaperExperiment& experiment) {
  const YamlMap map(value, {"env", "bandwidth", "model", "parts"});
  PaperWaterfall waterfall;
  waterfall.env = OneOf(map.At("env"), FirstOf(experiment.environments));
  waterfall.bandwidth = map.At("bandwidth").Quantity(kBandwidth);
  waterfall.model = OneOf(map.At("model"), FirstOf(experiment.models));
  waterfall.parts = ReadNames(map.At("parts"), {"devices", "links", "collectives", "decoding"});
  return waterfall;
}

// Paths are as seen from the file.
std::string Beside(const std::string& source, const std::string& path) {
  return (std::filesystem::path(source).parent_path() / path).lexically_normal().string();
}

}  // namespace

PaperExperiment ParsePaperExperiment(const std::string& text, const std::string& source) {
  const YamlNode tree = ParseYaml(text, source);
  const YamlMap map(YamlValue(tree, source, ""),
                    {"jupiter_experiment", "name", "workload", "environments", "bandwidths",
                     "models", "systems", "profiles", "readings", "waterfall"});
  map.At("jupiter_experiment").Integer(1, 1);
  PaperExperiment experiment;
  experiment.name = map.At("name").Name();
  ReadWorkload(map.At("workload"), experiment);
  experiment.environments = ReadPairs(map.At("environments"));
  for (auto& [name, path] : experiment.environments) path = Beside(source, path);
  for (const YamlValue& item : map.At("bandwidths").List(1, kMost)) {
    experiment.bandwidths.push_back(item.Quantity(kBandwidth));
  }
  experiment.models = ReadPairs(map.At("models"));
  experiment.systems = ReadNames(map.At("systems"), KnownSystems());
  experiment.profiles = ReadNames(map.At("profiles"), {});
  experiment.readings = ReadPairs(map.At("readings"));
  experiment.waterfall = ReadWaterfall(map.At("waterfall"), experiment);
  return experiment;
}

PaperExperiment LoadPaperExperiment(const std::string& path) {
  return ParsePaperExperiment(ReadYamlFile(path, "an experiment"), path);
}

}  // namespace jupiter
