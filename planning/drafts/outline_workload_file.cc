// Reading of outline workloads. Every number may stand alone or as {value: NUMBER, source: TEXT}.
#include "planning/drafts/outline_workload_file.h"

#include <limits>
#include <utility>

#include "kernels/base/check.h"
#include "planning/testbed/profile_format.h"
#include "planning/text/find_data.h"
#include "planning/text/yaml_reader.h"

namespace jupiter {
namespace {

constexpr std::int64_t kMostOutlinedPoints = 1024;
constexpr std::int64_t kMostPointTokens = 1 << 20;
constexpr QuantityRange kLength{Dimension::kFraction, 1e-3, 1e6};

YamlValue SourcedNumber(const YamlValue& value) {
  if (value.node().kind != YamlNode::Kind::kMap) return value;
  const YamlMap map(value, {"value", "source"});
  map.At("source").Text();
  return map.At("value");
}

int ReadCount(const YamlMap& map, std::string_view key, std::int64_t least, std::int64_t most) {
  return static_cast<int>(SourcedNumber(map.At(key)).Integer(least, most));
}

void ReadUniform(const YamlMap& map, OutlineWorkload& workload) {
  workload.law = LengthLaw::kUniform;
  workload.shortest = SourcedNumber(map.At("shortest")).Quantity(kLength);
  const YamlValue longest = SourcedNumber(map.At("longest"));
  workload.longest = longest.Quantity(kLength);
  if (workload.longest < workload.shortest) {
    longest.FailGot(fmt::format("expected at least the shortest length, {}", workload.shortest));
  }
}

void ReadGiven(const YamlMap& map, OutlineWorkload& workload) {
  workload.law = LengthLaw::kGiven;
  const YamlValue tokens = map.At("tokens");
  for (const YamlValue& length : tokens.List(1, kMostOutlinedPoints)) {
    workload.lengths.push_back(static_cast<int>(length.Integer(1, kMostPointTokens)));
  }
  if (std::ssize(workload.lengths) != workload.points) {
    tokens.Fail(fmt::format("{} lengths, expected one for each of the {} points",
                            workload.lengths.size(), workload.points));
  }
}

void ReadLengths(const YamlValue& value, OutlineWorkload& workload) {
  const YamlMap any(value, {"law", "source", "shortest", "longest", "tokens"});
  if (const auto source = any.Find("source")) source->Text();
  const YamlValue law = any.At("law");
  if (law.Text() == "equal") {
    workload.law = LengthLaw::kEqual;
    YamlMap(value, {"law", "source"});
  } else if (law.Text() == "uniform") {
    ReadUniform(YamlMap(value, {"law", "source", "shortest", "longest"}), workload);
  } else if (law.Text() == "given") {
    ReadGiven(YamlMap(value, {"law", "source", "tokens"}), workload);
  } else {
    law.Fail(fmt::format("unknown law {}{}", Show(law.Text()),
                         ExpectedOneOf(law.Text(), {"equal", "uniform", "given"})));
  }
}

}  // namespace

OutlineWorkload ParseOutlineWorkload(const std::string& text, const std::string& source) {
  const YamlNode root = ParseYaml(text, source);
  const YamlMap map({root, source, ""},
                    {"jupiter_outline_workload", "name", "description", "points",
                     "skeleton_tokens_per_point", "template_tokens", "lengths", "seed"});
  CheckFormatVersion(map, "jupiter_outline_workload");
  const YamlMap prompts(map.At("template_tokens"),
                        {"skeleton_prompt", "shared_prefix", "point_suffix"});
  OutlineWorkload workload;
  workload.name = map.At("name").Name();
  if (const auto description = map.Find("description")) workload.description = description->Text();
  workload.points = ReadCount(map, "points", 2, kMostOutlinedPoints);
  workload.skeleton_tokens_per_point =
      ReadCount(map, "skeleton_tokens_per_point", 1, kMostPointTokens / kMostOutlinedPoints);
  workload.skeleton_prompt_tokens = ReadCount(prompts, "skeleton_prompt", 0, kMostPointTokens);
  workload.shared_prefix_tokens = ReadCount(prompts, "shared_prefix", 0, kMostPointTokens);
  workload.point_suffix_tokens = ReadCount(prompts, "point_suffix", 1, kMostPointTokens);
  ReadLengths(map.At("lengths"), workload);
  if (const auto seed = map.Find("seed")) {
    constexpr std::int64_t kMostSeed = std::numeric_limits<std::int64_t>::max();
    workload.seed = static_cast<std::uint64_t>(SourcedNumber(*seed).Integer(0, kMostSeed));
  }
  return workload;
}

OutlineWorkload LoadOutlineWorkload(const std::string& path) {
  return ParseOutlineWorkload(ReadYamlFile(path, "an outline workload"), path);
}

std::string FindOutlineWorkload(const std::string& name_or_path) {
  return FindDataFile({"outline workload", "outlines"}, name_or_path);
}

}  // namespace jupiter
