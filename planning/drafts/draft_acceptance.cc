#include "planning/drafts/draft_acceptance.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <numeric>
#include <utility>

#include "kernels/base/check.h"
#include "planning/drafts/draft_heads.h"
#include "planning/drafts/known_acceptance.h"
#include "planning/testbed/profile_format.h"
#include "planning/text/json_reader.h"
#include "planning/text/yaml_reader.h"

namespace jupiter {
namespace {

constexpr std::int64_t kMostPositions = std::int64_t{1} << 40;
constexpr QuantityRange kProbability{Dimension::kFraction, 0, 1};
constexpr double kRounding = 1e-6;  // of a sum of printed numbers

std::vector<double> ReadHead(const YamlValue& value, std::size_t ranks) {
  std::vector<double> head;
  for (const YamlValue& number : value.List(ranks, ranks)) {
    head.push_back(number.Quantity(kProbability));
  }
  const double sum = std::accumulate(head.begin(), head.end(), 0.0);
  if (sum > 1 + kRounding) {
    value.Fail(fmt::format(
        "the probabilities of a head add up to {:.4g}, expected 1 at most, since one candidate is "
        "right; write those of each rank alone, not of the first ranks together",
        sum));
  }
  return head;
}

}  // namespace

double DraftAcceptance::At(int depth, int choice) const {
  if (depth < 1 || depth > heads() || choice < 0 || choice >= ranks()) return 0;
  return probability[static_cast<std::size_t>(depth) - 1][static_cast<std::size_t>(choice)];
}

DraftAcceptance FirstHeads(DraftAcceptance acceptance, int heads) {
  const std::size_t most = static_cast<std::size_t>(std::max(heads, 0));
  acceptance.probability.resize(std::min(acceptance.probability.size(), most));
  return acceptance;
}

DraftAcceptance ParseAcceptance(const std::string& text, const std::string& source) {
  const YamlNode root = ParseYaml(text, source);
  const YamlMap map({root, source, ""}, {"jupiter_acceptance", "name", "source", "heads", "ranks",
                                         "probability", "positions"});
  CheckFormatVersion(map, "jupiter_acceptance");
  DraftAcceptance acceptance;
  if (const auto name = map.Find("name")) acceptance.name = name->Name();
  if (const auto from = map.Find("source")) acceptance.source = from->Text();
  const auto heads = static_cast<std::size_t>(map.At("heads").Integer(1, kMostDraftHeads));
  const auto ranks = static_cast<std::size_t>(map.At("ranks").Integer(1, kMostDraftNodes));
  for (const YamlValue& head : map.At("probability").List(heads, heads)) {
    acceptance.probability.push_back(ReadHead(head, ranks));
  }
  if (const auto positions = map.Find("positions")) {
    acceptance.positions = positions->Integer(0, kMostPositions);
  }
  return acceptance;
}

std::string ToJson(const DraftAcceptance& acceptance) {
  nlohmann::ordered_json json = {{"jupiter_acceptance", 1}};
  if (!acceptance.name.empty()) json["name"] = acceptance.name;
  if (!acceptance.source.empty()) json["source"] = acceptance.source;
  json["heads"] = acceptance.heads();
  json["ranks"] = acceptance.ranks();
  json["probability"] = acceptance.probability;
  json["positions"] = acceptance.positions;
  return DumpJson(json);
}

DraftAcceptance LoadAcceptance(const std::string& path_or_name) {
  std::vector<std::string> names;
  for (const DraftAcceptance& known : KnownAcceptances()) {
    if (known.name == path_or_name) return known;
    names.push_back(known.name);
  }
  if (!std::filesystem::exists(path_or_name)) {
    FailUser("{}: no such file, and no known distribution{}", path_or_name,
             ExpectedOneOf(path_or_name, names));
  }
  return ParseAcceptance(ReadYamlFile(path_or_name, "measured acceptance"), path_or_name);
}

double ExpectedTokens(const DraftTree& tree, const DraftAcceptance& acceptance) {
  std::vector<double> reached = {1};  // by node + 1
  for (const DraftTree::Node& node : tree.nodes) {
    const double parent = reached[static_cast<std::size_t>(node.parent + 1)];
    reached.push_back(parent * acceptance.At(node.depth, node.choice));
  }
  return std::accumulate(reached.begin(), reached.end(), 0.0);
}

}  // namespace jupiter
