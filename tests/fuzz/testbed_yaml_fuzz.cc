// Device profiles and cluster files: any bytes, or good ones, damaged. What is accepted must
// survive its own text.
#include <fuzzer/FuzzedDataProvider.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "damage.h"
#include "kernels/base/check.h"
#include "planning/cluster.h"
#include "testbed_texts.h"

namespace jupiter {
namespace {

std::string GoodText(FuzzedDataProvider& data, bool cluster) {
  if (cluster) return kClusterText + OwnProfiles();
  return ProfileText(data.ConsumeBool() ? kLinearPoints : kAttentionPoints);
}

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

}  // namespace
}  // namespace jupiter

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  FuzzedDataProvider data(bytes, size);
  const bool cluster = data.ConsumeBool();
  const bool any = data.ConsumeIntegralInRange(0, 3) == 0;
  const std::string text = any ? data.ConsumeRemainingBytesAsString()
                               : jupiter::Damaged(data, jupiter::GoodText(data, cluster));
  jupiter::ExpectGoodOrOneLine(
      [&] { (cluster ? jupiter::OpenCluster : jupiter::OpenProfile)(text); });
  return 0;
}
