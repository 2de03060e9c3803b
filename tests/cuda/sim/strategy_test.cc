// Strategies on simulated GPUs, and on GPUs and processors in one cluster, give the tokens and the
// logits' bits of one process on a processor.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

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

// A real model tells its story: the ids of greedy.json, which other programs computed.
class GpuStoryTest : public testing::TestWithParam<std::string> {};

TEST_P(GpuStoryTest, TellsIt) {
  // The simulation takes a second for ten of them.
  const int ids = std::getenv("JUPITER_ALL_TESTS") != nullptr ? 100 : 20;
  const char* models = std::getenv("JUPITER_TEST_MODELS");
  const std::filesystem::path folder =
      std::filesystem::path(models == nullptr ? "" : models) / "stories260K";
  if (!std::filesystem::exists(folder / "greedy.json")) {
    GTEST_SKIP() << "set JUPITER_TEST_MODELS to the folder that holds stories260K/";
  }
  const auto story = nlohmann::json::parse(std::ifstream(folder / "greedy.json"));
  const Cluster cluster = TestContext().size() == 1 ? Cluster::kGpus : Cluster::kMixed;
  Settings settings = SettingsOf(GetParam(), cluster, (folder / "stories260K-f32.gguf").string());
  settings.prompt = story.at("prompt_ids").get<std::vector<std::int32_t>>();
  settings.tokens = ids;
  auto expected = story.at("generated_ids").get<std::vector<std::int32_t>>();
  expected.resize(static_cast<std::size_t>(ids));
  const Generation got = RunRequest(settings);
  EXPECT_EQ(got.tokens, expected);
  ExpectSame(got, Reference(settings), ids);
}

INSTANTIATE_TEST_SUITE_P(All, GpuStoryTest, testing::Values("edgeshard", "jupiter", "megatron"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace jupiter
