// Device profiles, cluster files, testbed profiles, draft trees and measured acceptance: any bytes,
// or good ones, damaged. What is accepted must survive its own text.
#include <fuzzer/FuzzedDataProvider.h>

#include <cmath>
#include <cstdint>
#include <functional>
#include <iterator>
#include <string>
#include <string_view>

#include "kernels/base/check.h"
#include "planning/drafts/draft_acceptance.h"
#include "planning/drafts/draft_tree.h"
#include "planning/drafts/draft_tree_file.h"
#include "planning/drafts/known_acceptance.h"
#include "planning/replay/testbed.h"
#include "planning/replay/testbed_profile.h"
#include "planning/replay/testbed_profile_parse.h"
#include "planning/replay/testbed_profile_write.h"
#include "planning/testbed/cluster.h"
#include "planning/testbed/cluster_write.h"
#include "planning/testbed/profile_costs.h"
#include "planning/testbed/profile_write.h"
#include "tests/fuzz/damage.h"
#include "tests/planning/testbed_texts.h"

namespace jupiter {
namespace {

std::string ClusterFile(FuzzedDataProvider&) { return kClusterText + OwnProfiles(); }

std::string DeviceFile(FuzzedDataProvider& data) {
  return ProfileText(data.ConsumeBool() ? kLinearPoints : kAttentionPoints);
}

// With rooflines, of boards in the file, instead of the fitted law.
std::string RooflineText() {
  std::string boards = OwnProfiles();  // indented as they stand under a key of the root
  std::string text = kTestbedProfileText;
  const std::size_t begin = text.find("  law:");
  std::string devices = "  law: roofline\n  boards:\n";
  for (std::size_t at = boards.find('\n') + 1; at < boards.size();) {
    const std::size_t end = boards.find('\n', at) + 1;
    devices += "  " + boards.substr(at, end - at);
    at = end;
  }
  return text.replace(begin, text.find("links:") - begin, devices);
}

std::string TestbedFile(FuzzedDataProvider& data) {
  return data.ConsumeBool() ? RooflineText() : kTestbedProfileText;
}

std::string TreeFile(FuzzedDataProvider& data) {
  if (data.ConsumeBool()) return "tree = [(0,), (0, 0), (1,), (0, 3)]";
  return ToYaml(TreeOf({{0}, {1}, {0, 0}, {0, 2}, {1, 0}, {0, 0, 0}}));
}

std::string AcceptanceFile(FuzzedDataProvider&) { return ToJson(KnownAcceptances().front()); }

void ExpectGoodOrOneLine(const std::function<void()>& action) {
  try {
    action();
  } catch (const UserError& error) {
    const std::string_view line = error.what();
    if (line.substr(0, 5) != "fuzz:") __builtin_trap();
    if (line.find('\n') != std::string_view::npos) __builtin_trap();
  }
}

OpCall SomeOp(OpKind kind) {
  OpCall op;
  op.kind = kind;
  op.weight = DType::kF16;
  op.rows = 7;
  op.inner = op.outer = 512;
  op.context = 700;
  op.bytes = op.operations = 1 << 20;
  op.role = MatrixRole::kAttention;
  op.whole = op.inner * op.outer * 4;
  return op;
}

void OpenDevice(const std::string& text) {
  const DeviceProfile profile = ParseDeviceProfile(text, "fuzz");
  const ProfileCosts costs(profile);
  if (!(costs.Seconds(SomeOp(OpKind::kAttention)) > 0)) __builtin_trap();
  const std::string saved = ToYaml(profile);
  if (ToYaml(ParseDeviceProfile(saved, "saved")) != saved) __builtin_trap();
}

void OpenCluster(const std::string& text) {
  const std::string saved = ToYaml(ParseCluster(text, "fuzz"));
  if (ToYaml(ParseCluster(saved, "saved")) != saved) __builtin_trap();
}

void OpenTree(const std::string& text) {
  const DraftTree tree = ParseDraftTree(text, "fuzz");
  if (ToParents(tree).size() != tree.nodes.size() + 1) __builtin_trap();
  if (ParseDraftTree(ToYaml(tree), "saved") != tree) __builtin_trap();
}

void OpenAcceptance(const std::string& text) {
  DraftAcceptance acceptance = ParseAcceptance(text, "fuzz");
  if (!(ExpectedTokens(StarTree(9), acceptance) <= 2.1)) __builtin_trap();
  // Bytes that are no UTF-8 become three each, and texts have a limit.
  acceptance.name.clear();
  acceptance.source.clear();
  const std::string saved = ToJson(acceptance);
  if (ToJson(ParseAcceptance(saved, "saved")) != saved) __builtin_trap();
}

// A device of each board that the profile knows.
Cluster ClusterFor(const TestbedProfile& profile) {
  Cluster cluster;
  const auto add = [&](const auto& boards) {
    for (const auto& board : boards) cluster.devices.emplace_back().profile.name = board.first;
  };
  add(profile.devices.boards);
  if (profile.devices.two_regimes) add(profile.devices.two_regimes->boards);
  const std::vector<Link> row(cluster.devices.size());
  cluster.links.assign(cluster.devices.size(), row);
  return cluster;
}

void ExpectTime(double seconds) {
  if (!(seconds >= 0) || !std::isfinite(seconds)) __builtin_trap();
}

void UseTestbedProfile(const TestbedProfile& profile) {
  const Cluster cluster = Apply(profile, ClusterFor(profile));
  for (const ClusterDevice& device : cluster.devices) {
    ExpectTime(OpCostsOf(device)->Seconds(SomeOp(OpKind::kAttention)));
    ExpectTime(OpCostsOf(device)->Seconds(SomeOp(OpKind::kLinear)));
    ExpectTime(cluster.links[0][0].WireSeconds(1e6));
    ExpectTime(cluster.links[0][0].HostSeconds(1e6));
  }
  const StepShape step = StepShapeOf(profile, "small");
  for (LayerExchange exchange :
       {LayerExchange::kNone, LayerExchange::kGatherKv, LayerExchange::kTileRing}) {
    const PayloadFactors factors = FactorsOf(profile, exchange, step);
    for (const auto& [channel, factor] : factors.step) ExpectTime(factor);
    for (const auto& [channel, factor] : factors.prompt) ExpectTime(factor);
  }
}

void OpenTestbedProfile(const std::string& text) {
  const TestbedProfile profile = ParseTestbedProfile(text, "fuzz");
  const std::string saved = ToYaml(profile);
  if (ToYaml(ParseTestbedProfile(saved, "saved")) != saved) __builtin_trap();
  UseTestbedProfile(profile);
}

struct Kind {
  std::string (*good)(FuzzedDataProvider& data);
  void (*open)(const std::string& text);
};
constexpr Kind kKinds[] = {{ClusterFile, OpenCluster},
                           {DeviceFile, OpenDevice},
                           {TestbedFile, OpenTestbedProfile},
                           {TreeFile, OpenTree},
                           {AcceptanceFile, OpenAcceptance}};

}  // namespace
}  // namespace jupiter

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  FuzzedDataProvider data(bytes, size);
  const jupiter::Kind& kind =
      jupiter::kKinds[data.ConsumeIntegralInRange<std::size_t>(0, std::size(jupiter::kKinds) - 1)];
  const bool any = data.ConsumeIntegralInRange(0, 3) == 0;
  const std::string text =
      any ? data.ConsumeRemainingBytesAsString() : jupiter::Damaged(data, kind.good(data));
  jupiter::ExpectGoodOrOneLine([&] { kind.open(text); });
  return 0;
}
