// Each fault is seen in the logits, whichever way the prompt is cut, and happens once.
#include "bench/measure/faulty_device.h"

#include <gtest/gtest.h>

#include "kernels/make_device.h"
#include "model/loaders/open_checkpoint.h"
#include "tests/model/loaders/checks.h"
#include "tests/model/stage/test_stage.h"

namespace jupiter {
namespace {

TestStage MakeStage(Fault fault) {
  std::unique_ptr<Checkpoint> checkpoint = OpenCheckpoint("synthetic:tiny:q8_0");
  const StageOptions options = WholeModel(checkpoint->config(), 16);
  return TestStage(MakeFaultyDevice(MakeDevice("cpu", {}), fault), std::move(checkpoint), options);
}

Ids NinePromptTokens() { return SomeTokens(OpenCheckpoint("synthetic:tiny")->config(), 9, 1); }

TEST(FaultyDeviceTest, WithoutAFaultItIsTheInnerDevice) {
  EXPECT_EQ(MakeStage(Fault::kNone).Flat(NinePromptTokens(), {4}),
            TestStage("synthetic:tiny:q8_0").Flat(NinePromptTokens()));
}

class FaultTest : public testing::TestWithParam<Fault> {};

TEST_P(FaultTest, ChangesTheLastLogitsOnce) {
  const std::vector<Floats> right = TestStage("synthetic:tiny:q8_0").Flat(NinePromptTokens());
  for (const std::vector<int>& lengths : {std::vector<int>{9}, {4, 4, 1}, {1}, {1, 8}}) {
    TestStage stage = MakeStage(GetParam());
    EXPECT_NE(stage.Flat(NinePromptTokens(), lengths).back(), right.back())
        << "slices of " << lengths[0];
    // The next request computes right again.
    EXPECT_EQ(stage.Flat(NinePromptTokens(), lengths), right) << "slices of " << lengths[0];
  }
}

INSTANTIATE_TEST_SUITE_P(Faults, FaultTest,
                         testing::Values(Fault::kMask, Fault::kSlice, Fault::kScale));

TEST(FaultyDeviceTest, Names) {
  EXPECT_EQ(ParseFault(""), Fault::kNone);
  EXPECT_EQ(ParseFault("mask"), Fault::kMask);
  EXPECT_EQ(ParseFault("slice"), Fault::kSlice);
  EXPECT_EQ(ParseFault("scale"), Fault::kScale);
  for (const char* wrong : {"Mask", "none", "scale ", "x"}) {
    ExpectRefusal([&] { ParseFault(wrong); }, {"--inject-fault " + std::string(wrong), "slice"});
  }
}

TEST(FaultyDeviceTest, SaysWhatItIs) {
  const std::unique_ptr<Device> device = MakeFaultyDevice(MakeDevice("cpu", {}), Fault::kMask);
  EXPECT_EQ(device->name(), "cpu");
  EXPECT_NE(device->Describe().find("fault"), std::string::npos);
}

}  // namespace
}  // namespace jupiter
