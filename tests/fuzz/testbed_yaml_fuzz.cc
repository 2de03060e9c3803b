// Device profiles, cluster files, draft trees and measured acceptance: any bytes, or good ones,
// damaged. What is accepted must survive its own text.
#include <fuzzer/FuzzedDataProvider.h>

#include <cstdint>
#include <functional>
#include <iterator>
#include <string>
#include <string_view>

#include "damage.h"
#include "kernels/base/check.h"
#include "planning/cluster.h"
#include "planning/draft_acceptance.h"
#include "planning/draft_tree.h"
#include "testbed_texts.h"

namespace jupiter {
namespace {

std::string ClusterFile(FuzzedDataProvider&) { return kClusterText + OwnProfiles(); }

std::string ProfileFile(FuzzedDataProvider& data) {
  return ProfileText(data.ConsumeBool() ? kLinearPoints : kAttentionPoints);
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

void OpenProfile(const std::string& text) {
  const DeviceProfile profile = ParseDeviceProfile(text, "fuzz");
  const ProfileCosts costs(profile);
  OpRecord op;
  op.kind = OpKind::kAttention;
  op.weight = DType::kF16;
  op.rows = 7;
  op.inner = op.outer = 512;
  op.context = 700;
  op.bytes = op.operations = 1 << 20;
  if (!(costs.Seconds(op) > 0)) __builtin_trap();
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

struct Kind {
  std::string (*good)(FuzzedDataProvider& data);
  void (*open)(const std::string& text);
};
constexpr Kind kKinds[] = {{ClusterFile, OpenCluster},
                           {ProfileFile, OpenProfile},
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
