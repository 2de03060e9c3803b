#include <gtest/gtest.h>

#include <limits>

#include "model/loaders/formats.h"
#include "tests/model/loaders/checks.h"
#include "tests/model/loaders/test_model.h"

namespace jupiter {
namespace {

std::unique_ptr<Checkpoint> Load(std::string bytes) {
  return LoadLlama2c(MappedFile::FromBytes("model.bin", std::move(bytes)));
}

void ExpectRefused(const std::string& bytes, std::vector<std::string> parts) {
  parts.insert(parts.begin(), "model.bin: ");
  ExpectRefusal([&bytes] { Load(bytes); }, parts);
}

std::string Small() { return ToLlama2c(MakeTestModel(SmallConfig())); }

std::string WithHeader(int field, std::int32_t value) {
  std::string bytes = Small();
  return bytes.replace(static_cast<std::size_t>(field) * 4, 4, NumberBytes(value));
}

TEST(Llama2c, HoldsTheModelWithTiedAndUntiedHead) {
  for (const bool tied : {false, true}) {
    ModelConfig config = SmallConfig();
    config.tied_head = tied;
    const TestModel model = MakeTestModel(config);
    const auto checkpoint = Load(ToLlama2c(model));
    EXPECT_EQ(checkpoint->format(), "llama2.c");
    EXPECT_EQ(checkpoint->config().name, "model");
    EXPECT_EQ(checkpoint->config().rope_style, RopeStyle::kInterleaved);
    ExpectSameWidths(checkpoint->config(), config);
    ExpectHolds(*checkpoint, model);
  }
}

TEST(Llama2c, RefusesAnyOtherLength) {
  const std::string file = Small();
  for (std::size_t size = 0; size < 28; ++size) {
    ExpectRefused(file.substr(0, size), {"truncated", "the llama2.c header"});
  }
  for (const std::size_t size : {std::size_t{28}, file.size() / 2, file.size() - 1}) {
    ExpectRefused(file.substr(0, size), {"truncated", std::to_string(size)});
  }
  ExpectRefused(file + "x", {"no such checkpoint", std::to_string(file.size() + 1)});
}

TEST(Llama2c, RefusesAbsurdHeaders) {
  constexpr const char* kFields[] = {"hidden width",    "feed-forward width", "number of layers",
                                     "number of heads", "number of KV heads", "vocabulary size",
                                     "context length"};
  for (int field = 0; field < 7; ++field) {
    ExpectRefused(WithHeader(field, 0), {kFields[field], "is 0"});
    ExpectRefused(WithHeader(field, std::numeric_limits<std::int32_t>::max()), {kFields[field]});
    ExpectRefused(WithHeader(field, std::numeric_limits<std::int32_t>::min()), {kFields[field]});
  }
  ExpectRefused(WithHeader(3, 5), {"5 heads", "16"});
  ExpectRefused(WithHeader(4, 3), {"3 KV heads"});
  ExpectRefused(WithHeader(2, 4096), {"has", "bytes"});
  ExpectRefused(WithHeader(0, 1 << 20), {"expected 1 to 16384"});  // the head width
  ExpectRefused(WithHeader(0, 0x616b3432), {"versioned", "legacy"});
}

}  // namespace
}  // namespace jupiter
