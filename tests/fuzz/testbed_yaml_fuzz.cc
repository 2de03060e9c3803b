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

namespace jupiter {
namespace {

const char* const kProfile = R"(jupiter_device: 1
name: board
memory:
  total: {value: 8 GiB, source: data sheet}
  usable: {value: 5.75 GiB, source: guess}
roofline:
  memory_bandwidth: {value: 44.8 GB/s, source: data sheet}
  time_per_op: {value: 20 us, source: guess}
  op_rate:
    f32: {value: 422 GFLOP/s, source: cores}
    q4_0: {value: 2.7 TOPS, source: cores}
  other_rate: {value: 400 GFLOP/s, source: cores}
measured:
  - op: attention
    weight: f16
    inner: 4096
    outer: 4096
    points:
      - [1, 0, 0.61 ms]
      - [32, 100.5, 0.9 ms]
)";

const char* const kCluster = R"(jupiter_cluster: 1
name: test
medium: shared
devices:
  - name: a
    profile: p
    host: board-a
    memory:
      usable: {value: 3 GiB, source: nothing else runs}
    speed: [{at: 0 s, factor: 1}, {at: 2 s, factor: 0.5}]
  - {name: b, profile: p}
profiles:
  p:
    name: board
    memory:
      total: {value: 8 GiB, source: data sheet}
      usable: {value: 5.75 GiB, source: guess}
    roofline:
      memory_bandwidth: {value: 44.8 GB/s, source: data sheet}
      time_per_op: {value: 20 us, source: guess}
      op_rate:
        f32: {value: 422 GFLOP/s, source: cores}
      other_rate: {value: 400 GFLOP/s, source: cores}
link:
  bandwidth: 100 Mbit/s
  efficiency: 94 %
  host_time_per_byte: 0.25 ns/B
  trace: [{at: 1 s, factor: 0}, {at: 2 s, factor: 2}]
links:
  - {from: a, to: b, latency: 5 ms, one_way: true}
)";

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
  const std::string text =
      any ? data.ConsumeRemainingBytesAsString()
          : jupiter::Damaged(data, cluster ? jupiter::kCluster : jupiter::kProfile);
  jupiter::ExpectGoodOrOneLine(
      [&] { (cluster ? jupiter::OpenCluster : jupiter::OpenProfile)(text); });
  return 0;
}
