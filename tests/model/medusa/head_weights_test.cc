#include "model/medusa/head_weights.h"

#include <gtest/gtest.h>

#include "kernels/base/half.h"
#include "model/loaders/medusa_file.h"
#include "model/stage/medusa_heads.h"
#include "tests/model/loaders/checks.h"
#include "tests/model/loaders/decode.h"
#include "tests/model/loaders/temp_directory.h"
#include "tests/model/stage/test_stage.h"

namespace jupiter {
namespace {

// Numbers that f16 holds, all different within a head.
std::vector<HeadWeights> SomeHeads(int heads, int blocks, const ModelConfig& config, bool own) {
  const auto size = static_cast<std::size_t>(config.vocab * config.hidden);
  std::vector<HeadWeights> made(
      static_cast<std::size_t>(heads),
      MakeIdentityHead(blocks, config.hidden,
                       own ? std::vector<float>(size) : std::vector<float>()));
  int next = -1000;
  for (HeadWeights& head : made) {
    for (std::vector<float>* part : head.Parts()) {
      for (float& value : *part) value = static_cast<float>(next++ % 1024) / 64;
    }
  }
  return made;
}

TEST(HeadWeightsTest, WhatIsWrittenIsOpened) {
  const TempDirectory directory;
  const std::string path = directory.path() + "/heads.safetensors";
  const ModelConfig config = SmallConfig();
  for (const MedusaLayout& layout : {MedusaLayout{3, 1, false}, {2, 2, true}, {1, 0, true}}) {
    std::vector<HeadWeights> heads =
        SomeHeads(layout.heads, layout.blocks, config, layout.own_output);
    for (const DType dtype : {DType::kF32, DType::kF16}) {
      WriteHeads(path, dtype, heads, config, {{"model", "small"}});
      const MedusaFile file = OpenMedusa(path, config);
      EXPECT_EQ(file.layout, layout);
      std::size_t tensor = 0;
      const std::vector<TensorInfo> infos = MedusaTensors(layout, config);
      for (HeadWeights& head : heads) {
        for (const std::vector<float>* part : head.Parts()) {
          const TensorInfo& info = file.tensors->Info(infos[tensor++].name);
          EXPECT_EQ(info.dtype, dtype);
          const HostTensor read =
              file.tensors->Read(info.name, Shard::Whole(info.rows, info.columns));
          EXPECT_EQ(Decode(read.view), *part) << info.name;
        }
      }
      EXPECT_EQ(tensor, infos.size());
    }
  }
}

// Heads that were never trained say what the model says.
TEST(HeadWeightsTest, IdentityHeadsRepeatTheModel) {
  const TempDirectory directory;
  const std::string path = directory.path() + "/heads.safetensors";
  TestStage stage("synthetic:tiny");
  const std::vector<float> output = ReadOutputMatrix(stage.checkpoint());
  stage.Open(0);
  const std::vector<Floats> expected = stage.Run(Item(0, SomeTokens(stage.config(), 4, 1)));
  for (const bool own : {false, true}) {
    std::vector<HeadWeights> heads(
        2, MakeIdentityHead(2, stage.config().hidden, own ? output : std::vector<float>()));
    WriteHeads(path, DType::kF32, heads, stage.config(), {});
    MedusaOptions options;
    options.max_rows = 4;
    MedusaHeads drafts(stage.device(), OpenMedusa(path, stage.config()), stage.stage().head(),
                       options);
    std::vector<Floats> both = expected;
    both.insert(both.end(), expected.begin(), expected.end());
    EXPECT_EQ(ToHost(stage.device(), drafts.ComputeLogits(stage.stage().HeadInput())), both);
  }
}

}  // namespace
}  // namespace jupiter
