#include <gtest/gtest.h>

#include <limits>

#include "model/loaders/llama2c.h"
#include "tests/model/loaders/checks.h"
#include "tests/model/loaders/test_model.h"

namespace jupiter {
namespace {

std::unique_ptr<Checkpoint> LoadLlama2c(std::string bytes) {
  return LoadLlama2c(MappedFile::FromBytes("model.bin", std::move(bytes)));
}

void ExpectLlama2cRefused(const std::string& bytes, std::vector<std::string> parts) {
  parts.insert(parts.begin(), "model.bin: ");
  ExpectRefusal([&bytes] { LoadLlama2c(bytes); }, parts);
}

std::string SmallLlama2c() { return ToLlama2c(MakeTestModel(SmallConfig())); }

std::string WithHeader(int field, std::int32_t value) {
  std::string bytes = SmallLlama2c();
  return bytes.replace(static_cast<std::size_t>(field) * 4, 4, NumberBytes(value));
}

TEST(Llama2c, HoldsTheModelWithTiedAndUntiedHead) {
  for (const bool tied : {false, true}) {
    ModelConfig config = SmallConfig();
    config.tied_head = tied;
    const TestModel model = MakeTestModel(config);
    const auto checkpoint = LoadLlama2c(ToLlama2c(model));
    EXPECT_EQ(checkpoint->format(), "llama2.c");
    EXPECT_EQ(checkpoint->config().name, "model");
    EXPECT_EQ(checkpoint->config().rope_style, RopeStyle::kInterleaved);
    ExpectSameWidths(checkpoint->config(), config);
    ExpectHolds(*checkpoint, model);
  }
}

TEST(Llama2c, RefusesAnyOtherLength) {
  const std::string file = SmallLlama2c();
  for (std::size_t size = 0; size < 28; ++size) {
    ExpectLlama2cRefused(file.substr(0, size), {"truncated", "the llama2.c header"});
  }
  for (const std::size_t size : {std::size_t{28}, file.size() / 2, file.size() - 1}) {
    ExpectLlama2cRefused(file.substr(0, size), {"truncated", std::to_string(size)});
  }
  ExpectLlama2cRefused(file + "x", {"no such checkpoint", std::to_string(file.size() + 1)});
}

TEST(Llama2c, RefusesAbsurdHeaders) {
  constexpr const char* kFields[] = {"hidden width",    "feed-forward width", "number of layers",
                                     "number of heads", "number of KV heads", "vocabulary size",
                                     "context length"};
  for (int field = 0; field < 7; ++field) {
    ExpectLlama2cRefused(WithHeader(field, 0), {kFields[field], "is 0"});
    ExpectLlama2cRefused(WithHeader(field, std::numeric_limits<std::int32_t>::max()),
                         {kFields[field]});
    ExpectLlama2cRefused(WithHeader(field, std::numeric_limits<std::int32_t>::min()),
                         {kFields[field]});
  }
  ExpectLlama2cRefused(WithHeader(3, 5), {"5 heads", "16"});
  ExpectLlama2cRefused(WithHeader(4, 3), {"3 KV heads"});
  ExpectLlama2cRefused(WithHeader(2, 4096), {"has", "bytes"});
  ExpectLlama2cRefused(WithHeader(0, 1 << 20), {"expected 1 to 16384"});  // the head width
  ExpectLlama2cRefused(WithHeader(0, 0x616b3432), {"versioned", "legacy"});
}

}  // namespace
}  // namespace jupiter
