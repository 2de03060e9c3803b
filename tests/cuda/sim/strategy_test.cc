// Strategies on simulated GPUs, and on GPUs and processors in one cluster, give the tokens and the
// logits' bits of one process on a processor.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "kernels/make_device.h"
#include "tests/cuda/sim/sim_device.h"
#include "tests/parallel/mpi_main.h"
#include "tests/parallel/strategies/request_runs.h"

namespace jupiter {
namespace {

// Which ranks have a GPU.
enum class Cluster { kGpus, kMixed };

using Case = std::tuple<std::string, Cluster, std::string>;

class GpuStrategyTest : public testing::TestWithParam<Case> {};

std::unique_ptr<Device> DeviceOf(Cluster cluster) {
  const int rank = TestContext().rank();
  if (cluster == Cluster::kMixed && rank % 2 == 0) return MakeDevice("cpu", {});
  return MakeSimDevice(static_cast<std::uint64_t>(rank) + 1);
}

Settings SettingsOf(const std::string& strategy, Cluster cluster, const std::string& model) {
  Settings settings;
  settings.model = model;
  settings.session.plan.strategy = strategy;
  settings.session.plan.slices = Slices("3");
  settings.make_device = [cluster] { return DeviceOf(cluster); };
  return settings;
}

TEST_P(GpuStrategyTest, GivesTheBitsOfTheCpu) {
  const auto& [strategy, cluster, model] = GetParam();
  const Settings settings = SettingsOf(strategy, cluster, model);
  ExpectSame(RunRequest(settings), Reference(settings));
}

std::string NameOf(const testing::TestParamInfo<Case>& info) {
  const std::string model = std::get<2>(info.param);
  return std::get<0>(info.param) +
         (std::get<1>(info.param) == Cluster::kGpus ? "_gpus_" : "_mixed_") +
         model.substr(model.rfind(':') + 1);
}

INSTANTIATE_TEST_SUITE_P(All, GpuStrategyTest,
                         testing::Combine(testing::Values("edgeshard", "jupiter", "megatron"),
                                          testing::Values(Cluster::kGpus, Cluster::kMixed),
                                          testing::Values("synthetic:tiny:q8_0",
                                                          "synthetic:tiny:f16")),
                         NameOf);

TEST(GpuModelTest, RealModelGivesTheTokensOfTheCpu) {
  const char* models = std::getenv("JUPITER_TEST_MODELS");
  const std::filesystem::path model =
      std::filesystem::path(models == nullptr ? "" : models) / "stories260K/stories260K-f32.gguf";
  if (!std::filesystem::exists(model)) {
    GTEST_SKIP() << "no " << model << "; JUPITER_TEST_MODELS names the folder of models";
  }
  const Settings settings = SettingsOf("jupiter", Cluster::kMixed, model.string());
  ExpectSame(RunRequest(settings), Reference(settings));
}

}  // namespace
}  // namespace jupiter
