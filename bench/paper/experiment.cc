#include "bench/paper/experiment.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <initializer_list>
#include <limits>

#include "bench/paper/systems.h"
#include "bench/paper/vary.h"
#include "kernels/base/check.h"
#include "planning/drafts/outline_workload_file.h"
#include "planning/testbed/profile_format.h"
#include "planning/text/yaml_reader.h"

namespace jupiter {
namespace {

constexpr std::size_t kMost = 100;
constexpr std::int64_t kMostWorkloadTokens = 1'000'000;
constexpr std::int64_t kMostDraws = 8;  // as many records are kept

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

DType ReadAllowedType(const YamlValue& value, std::initializer_list<DType> allowed) {
  for (DType dtype : allowed) {
    if (value.Text() == Name(dtype)) return dtype;
  }
  value.FailGot("unknown type");
}

void ReadWorkload(const YamlValue& value, PaperExperiment& experiment) {
  const YamlMap map(value, {"prompt_tokens", "generated_tokens", "wire", "kv", "draws"});
  experiment.prompt_tokens =
      static_cast<int>(map.At("prompt_tokens").Integer(1, kMostWorkloadTokens));
  experiment.generated_tokens =
      static_cast<int>(map.At("generated_tokens").Integer(1, kMostWorkloadTokens));
  experiment.wire = ReadAllowedType(map.At("wire"), {DType::kF32, DType::kF16, DType::kQ8_0});
  experiment.kv = ReadAllowedType(map.At("kv"), {DType::kF32, DType::kF16});
  if (const auto draws = map.Find("draws")) {
    experiment.draws = static_cast<int>(draws->Integer(1, kMostDraws));
  }
}

std::vector<std::string> FirstOfEach(const Pairs& pairs) {
  std::vector<std::string> names;
  for (const auto& [name, text] : pairs) names.push_back(name);
  return names;
}

const std::string& OneOf(const YamlValue& value, const std::vector<std::string>& known) {
  if (std::find(known.begin(), known.end(), value.Text()) != known.end()) return value.Text();
  value.Fail(fmt::format("unknown {}{}", Show(value.Text()), ExpectedOneOf(value.Text(), known)));
}

std::map<std::string, std::vector<std::string>> ReadPolicies(const YamlValue& value,
                                                             const PaperExperiment& experiment) {
  std::map<std::string, std::vector<std::string>> policies;
  for (const YamlEntry& entry : Entries(value)) {
    if (std::find(experiment.systems.begin(), experiment.systems.end(), entry.name) ==
        experiment.systems.end()) {
      entry.value.Fail(fmt::format("{} is not among the systems{}", Show(entry.name),
                                   ExpectedOneOf(entry.name, experiment.systems)));
    }
    std::vector<std::string>& names = policies[entry.name] =
        ReadNames(entry.value, KnownPolicies());
    for (const std::string& name : names) {
      const DecodingPolicy& policy = FindPolicy(name);
      if (policy.speculates && !experiment.speculation) {
        entry.value.Fail(fmt::format("{} needs speculation, which is missing", name));
      }
      if (policy.outlines && !experiment.outline) {
        entry.value.Fail(fmt::format("{} needs an outline, which is missing", name));
      }
    }
  }
  return policies;
}

SpeculationWorkload ReadSpeculation(const YamlValue& value, const PaperExperiment& experiment) {
  const YamlMap map(value, {"nodes", "heads", "head_weights", "acceptance", "seed"});
  SpeculationWorkload workload;
  const YamlValue nodes = map.At("nodes");
  workload.planned = nodes.Text() == "planned";
  if (!workload.planned) workload.nodes = static_cast<int>(nodes.Integer(0, kMostDraftNodes));
  workload.heads =
      ParseDraftHeads(map.At("heads").Text(),
                      ReadAllowedType(map.At("head_weights"),
                                      {DType::kF32, DType::kF16, DType::kQ8_0, DType::kQ4_0}));
  for (const auto& [model, name] : ReadPairs(map.At("acceptance"))) {
    workload.acceptance[model] = FirstHeads(LoadAcceptance(name), workload.heads.heads);
  }
  for (const std::string& model : FirstOfEach(experiment.models)) {
    if (workload.acceptance.count(model) > 0) continue;
    map.At("acceptance").Fail(fmt::format("nothing for the model {}", Show(model)));
  }
  constexpr std::int64_t kMostSeed = std::numeric_limits<std::int64_t>::max();
  workload.seed = static_cast<std::uint64_t>(map.At("seed").Integer(0, kMostSeed));
  return workload;
}

// "key=value" for every value of every key.
std::vector<std::string> ReadVariations(const YamlValue& value, const PaperExperiment& experiment) {
  std::vector<std::string> variations;
  for (const YamlEntry& entry : Entries(value)) {
    for (const YamlValue& item : entry.value.List(1, kMost)) {
      variations.push_back(entry.name + "=" + item.Text());
      try {
        Vary(experiment, variations.back());
      } catch (const UserError& error) {
        item.Fail(error.what());
      }
    }
  }
  return variations;
}

Sensitivity ReadSensitivity(const YamlValue& value, const PaperExperiment& experiment) {
  const YamlMap map(value, {"profile", "env", "bandwidth", "model", "system", "policy", "vary"});
  Sensitivity sensitivity;
  sensitivity.profile = map.At("profile").Text();
  sensitivity.env = OneOf(map.At("env"), FirstOfEach(experiment.environments));
  sensitivity.bandwidth = map.At("bandwidth").Quantity(kBandwidthRange);
  sensitivity.model = OneOf(map.At("model"), FirstOfEach(experiment.models));
  sensitivity.system = OneOf(map.At("system"), KnownSystems());
  sensitivity.policy = OneOf(map.At("policy"), KnownPolicies());
  sensitivity.variations = ReadVariations(map.At("vary"), experiment);
  return sensitivity;
}

PaperWaterfall ReadWaterfall(const YamlValue& value, const PaperExperiment& experiment) {
  const YamlMap map(value, {"env", "bandwidth", "model", "parts"});
  PaperWaterfall waterfall;
  waterfall.env = OneOf(map.At("env"), FirstOfEach(experiment.environments));
  waterfall.bandwidth = map.At("bandwidth").Quantity(kBandwidthRange);
  waterfall.model = OneOf(map.At("model"), FirstOfEach(experiment.models));
  waterfall.parts = ReadNames(map.At("parts"), {"devices", "links", "collectives", "decoding"});
  return waterfall;
}

// Paths are as seen from the file.
std::string PathBeside(const std::string& source, const std::string& path) {
  return (std::filesystem::path(source).parent_path() / path).lexically_normal().string();
}

}  // namespace

PaperExperiment ParsePaperExperiment(const std::string& text, const std::string& source) {
  const YamlNode tree = ParseYaml(text, source);
  const YamlMap map(
      YamlValue(tree, source, ""),
      {"jupiter_experiment", "name", "workload", "environments", "bandwidths", "models", "systems",
       "profiles", "readings", "waterfall", "speculation", "outline", "policies", "sensitivity"});
  map.At("jupiter_experiment").Integer(1, 1);
  PaperExperiment experiment;
  experiment.name = map.At("name").Name();
  ReadWorkload(map.At("workload"), experiment);
  experiment.environments = ReadPairs(map.At("environments"));
  for (auto& [name, path] : experiment.environments) path = PathBeside(source, path);
  for (const YamlValue& item : map.At("bandwidths").List(1, kMost)) {
    experiment.bandwidths.push_back(item.Quantity(kBandwidthRange));
  }
  experiment.models = ReadPairs(map.At("models"));
  experiment.systems = ReadNames(map.At("systems"), KnownSystems());
  experiment.profiles = ReadNames(map.At("profiles"), {});
  if (const auto readings = map.Find("readings")) experiment.readings = ReadPairs(*readings);
  if (const auto waterfall = map.Find("waterfall")) {
    experiment.waterfall = ReadWaterfall(*waterfall, experiment);
  }
  if (const auto speculation = map.Find("speculation")) {
    experiment.speculation = ReadSpeculation(*speculation, experiment);
  }
  if (const auto outline = map.Find("outline")) {
    experiment.outline = LoadOutlineWorkload(FindOutlineWorkload(outline->Text()));
  }
  if (const auto policies = map.Find("policies")) {
    experiment.policies = ReadPolicies(*policies, experiment);
  }
  if (const auto sensitivity = map.Find("sensitivity")) {
    for (const YamlValue& item : sensitivity->List(1, kMost)) {
      experiment.sensitivity.push_back(ReadSensitivity(item, experiment));
    }
  }
  return experiment;
}

std::string ShowWorkload(const PaperExperiment& experiment) {
  std::string text = fmt::format("draws {}\n", experiment.draws);
  for (const auto& [system, policies] : experiment.policies) {
    text += fmt::format("{} {}\n", system, fmt::join(policies, " "));
  }
  if (experiment.speculation) {
    const SpeculationWorkload& workload = *experiment.speculation;
    text += fmt::format("nodes {} {} scale {} seed {}\n",
                        workload.planned ? "planned" : fmt::format("{}", workload.nodes),
                        ToString(workload.heads), workload.scale, workload.seed);
    for (const auto& [model, acceptance] : workload.acceptance) {
      text += model + " " + ToJson(acceptance) + "\n";
    }
  }
  if (experiment.outline) {
    const OutlineWorkload& outline = *experiment.outline;
    text += fmt::format(
        "points {} skeleton {} prompts {} {} {} law {} {} {} lengths {} seed {}\n", outline.points,
        outline.skeleton_tokens_per_point, outline.skeleton_prompt_tokens,
        outline.shared_prefix_tokens, outline.point_suffix_tokens, static_cast<int>(outline.law),
        outline.shortest, outline.longest, fmt::join(outline.lengths, " "), outline.seed);
  }
  return text;
}

const std::vector<DecodingPolicy>& DecodingPolicies() {
  static const std::vector<DecodingPolicy> policies = {{"plain", false, false},
                                                       {"speculate", true, false},
                                                       {"outline", false, true},
                                                       {"both", true, true}};
  return policies;
}

std::vector<std::string> KnownPolicies() {
  std::vector<std::string> names;
  for (const DecodingPolicy& policy : DecodingPolicies()) names.emplace_back(policy.name);
  return names;
}

const DecodingPolicy& FindPolicy(std::string_view name) {
  for (const DecodingPolicy& policy : DecodingPolicies()) {
    if (policy.name == name) return policy;
  }
  JUPITER_FAIL("policy {}", name);
}

std::vector<std::string> PaperExperiment::PoliciesOf(const std::string& system) const {
  const auto found = policies.find(system);
  return found == policies.end() ? std::vector<std::string>{"plain"} : found->second;
}

std::vector<std::string> PaperExperiment::Policies() const {
  std::vector<std::string> names;
  for (const std::string& name : KnownPolicies()) {
    const auto has = [&](const std::string& system) {
      const std::vector<std::string> own = PoliciesOf(system);
      return std::find(own.begin(), own.end(), name) != own.end();
    };
    if (std::any_of(systems.begin(), systems.end(), has)) names.push_back(name);
  }
  return names;
}

PaperExperiment LoadPaperExperiment(const std::string& path) {
  return ParsePaperExperiment(ReadYamlFile(path, "an experiment"), path);
}

}  // namespace jupiter
