#include <gtest/gtest.h>

#include "model/loaders/open_checkpoint.h"
#include "model/loaders/safetensors_file.h"
#include "tests/model/loaders/checks.h"
#include "tests/model/loaders/temp_directory.h"
#include "tests/model/loaders/test_model.h"

namespace jupiter {
namespace {

constexpr const char* kModelFile = "model.safetensors";
constexpr const char* kIndex = "model.safetensors.index.json";
constexpr const char* kQuery = "model.layers.0.self_attn.q_proj.weight";

// A directory with one file, to be spoiled.
class SafetensorsTest : public testing::Test {
 protected:
  SafetensorsTest() : model_(MakeTestModel(SmallConfig())), file_(ToSafetensors(model_)) {
    directory_.Write("config.json", ToConfigJson(model_.config));
  }
  std::unique_ptr<Checkpoint> Open() { return OpenCheckpoint(directory_.path()); }
  void ExpectRefused(std::vector<std::string> parts) {
    parts.insert(parts.begin(), directory_.path());
    ExpectRefusal([this] { Open(); }, parts);
  }
  void ExpectFileRefused(const std::string& bytes, const std::vector<std::string>& parts) {
    directory_.Write(kModelFile, bytes);
    ExpectRefused(parts);
  }
  void ExpectIndexRefused(const std::string& text, const std::vector<std::string>& parts) {
    directory_.Write(kIndex, text);
    ExpectRefused(parts);
  }

  TempDirectory directory_;
  TestModel model_;
  SafetensorsBuilder file_;
};

TEST_F(SafetensorsTest, HoldsTheModelInEveryType) {
  for (const DType dtype : {DType::kF32, DType::kF16, DType::kBF16}) {
    const TestModel model = MakeTestModel(SmallConfig(), dtype);
    directory_.Write(kModelFile, ToSafetensors(model).Build());
    const auto checkpoint = Open();
    EXPECT_EQ(checkpoint->format(), "safetensors");
    EXPECT_EQ(checkpoint->source(), directory_.path());
    EXPECT_EQ(checkpoint->config().rope_style, RopeStyle::kHalf);
    ExpectSameWidths(checkpoint->config(), model.config);
    ExpectHolds(*checkpoint, model);
  }
}

TEST_F(SafetensorsTest, DataMayBeginAtAnyByte) {
  for (int padding = 0; padding < 4; ++padding) {
    file_.padding = padding;
    directory_.Write(kModelFile, file_.Build());
    const auto checkpoint = Open();
    ExpectHolds(*checkpoint, model_);
    const HostTensor tensor = checkpoint->Read("embed", {5, 6, 0, 16});
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(tensor.view.data) % alignof(float), 0u);
    EXPECT_EQ(std::memcmp(tensor.view.data, model_.Tensor("embed").bytes.data() + 5 * 64, 64), 0);
  }
}

TEST_F(SafetensorsTest, Qwen2HasBiasesAndATiedHeadMayBeStored) {
  ModelConfig config = SmallConfig();
  config.architecture = Architecture::kQwen2;
  config.qkv_bias = true;
  config.tied_head = true;
  const TestModel model = MakeTestModel(config);
  SafetensorsBuilder file = ToSafetensors(model);
  file.Add("lm_head.weight", "F32", {32, 16}, model.Tensor("embed").bytes);
  directory_.Write("config.json", ToConfigJson(config));
  directory_.Write(kModelFile, file.Build());
  const auto checkpoint = Open();
  ExpectSameWidths(checkpoint->config(), config);
  ExpectHolds(*checkpoint, model);
}

TEST_F(SafetensorsTest, FollowsTheIndexToTheShards) {
  SafetensorsBuilder shards[2];
  nlohmann::json map;
  for (std::size_t i = 0; i < model_.tensors.size(); ++i) {
    TestModel one{model_.config, {model_.tensors[i]}};
    const SafetensorsBuilder single = ToSafetensors(one);
    const std::string name = single.header.begin().key();
    shards[i % 2].Add(name, "F32", single.header[name]["shape"], model_.tensors[i].bytes);
    map[name] = i % 2 == 0 ? "a.safetensors" : "b.safetensors";
  }
  directory_.Write(kIndex, nlohmann::json{{"weight_map", map}}.dump());
  directory_.Write("a.safetensors", shards[0].Build());
  ExpectRefused({kIndex, "'b.safetensors'", "missing"});
  directory_.Write("b.safetensors", shards[1].Build());
  ExpectHolds(*Open(), model_);

  map[kQuery] = map[kQuery] == "a.safetensors" ? "b.safetensors" : "a.safetensors";
  ExpectIndexRefused(nlohmann::json{{"weight_map", map}}.dump(), {kQuery, "missing", kIndex});
}

TEST_F(SafetensorsTest, RefusesBadIndices) {
  directory_.Write(kModelFile, file_.Build());
  ExpectIndexRefused("", {kIndex, "not valid JSON"});
  ExpectIndexRefused("[]", {kIndex, "expected an object"});
  ExpectIndexRefused("{}", {kIndex, "weight_map", "missing"});
  ExpectIndexRefused(R"({"weight_map": []})", {kIndex, "weight_map", "array"});
  ExpectIndexRefused(R"({"weight_map": {"a": 1}})", {kIndex, "'a'", "a file name"});
  for (const char* name : {"../model.safetensors", "/etc/passwd", "..", "", "a/b", "a\\\\b"}) {
    ExpectIndexRefused(fmt::format(R"({{"weight_map": {{"a": "{}"}}}})", name),
                       {kIndex, "not the name of a file"});
  }
  ExpectIndexRefused(R"({"weight_map": {"a": "m\u0000"}})", {kIndex, "not the name of a file"});
}

TEST_F(SafetensorsTest, RefusesDirectoriesWithoutTheFiles) {
  ExpectRefused({"neither model.safetensors nor"});
  const TempDirectory empty;
  ExpectRefusal([&empty] { OpenCheckpoint(empty.path()); }, {empty.path(), "config.json"});
}

TEST_F(SafetensorsTest, RefusesTruncatedFiles) {
  const std::string file = file_.Build();
  const std::size_t head = file.size() - file_.data.size();
  for (std::size_t size = 0; size < head; size += 7) {
    ExpectFileRefused(file.substr(0, size), {kModelFile, "truncated"});
  }
  for (const std::size_t size : {head, head + 100, file.size() - 1}) {
    ExpectFileRefused(file.substr(0, size), {kModelFile, "tensor '", "truncated"});
  }
}

TEST_F(SafetensorsTest, RefusesHeadersThatAreNone) {
  ExpectFileRefused(NumberBytes<std::uint64_t>(1ull << 62) + "{}", {kModelFile, "truncated"});
  ExpectFileRefused(NumberBytes<std::uint64_t>(0) + "{}", {kModelFile, "not a safetensors file"});
  ExpectFileRefused(SafetensorsBuilder::Frame("[]", ""), {kModelFile, "not a safetensors file"});
  ExpectFileRefused(SafetensorsBuilder::Frame("{", ""), {kModelFile, "not valid JSON"});
  ExpectFileRefused(SafetensorsBuilder::Frame("{\"\xff\": 1}", ""), {kModelFile, "not valid JSON"});
  ExpectFileRefused(SafetensorsBuilder::Frame(R"({"a": 1e999})", ""), {kModelFile, "out of range"});
  ExpectFileRefused(SafetensorsBuilder::Frame(R"({"a": 1})", ""), {kModelFile, "'a'", "an object"});
  ExpectFileRefused(SafetensorsBuilder::Frame(R"({"a": {}, "a": {}})", ""), {"'a'", "twice"});
  ExpectFileRefused(SafetensorsBuilder::Frame("{\"a\": " + std::string(1000000, '[') + "}", ""),
                    {kModelFile, "nested deeper than 64"});
}

TEST_F(SafetensorsTest, RefusesBadEntries) {
  const auto refuse = [this](const char* key, const nlohmann::json& value,
                             const std::vector<std::string>& parts) {
    SafetensorsBuilder file = file_;
    if (value.is_null()) {
      file.header[kQuery].erase(key);
    } else {
      file.header[kQuery][key] = value;
    }
    std::vector<std::string> all = {kQuery};
    all.insert(all.end(), parts.begin(), parts.end());
    ExpectFileRefused(file.Build(), all);
  };
  refuse("dtype", nullptr, {"dtype", "missing"});
  refuse("dtype", 7, {"dtype", "a string"});
  refuse("dtype", "I64", {"do not fit its type I64"});
  refuse("dtype", "I32", {"'I32'", "expected F32, F16 or BF16"});
  refuse("dtype", "Q9", {"'Q9'", "expected F32, F16 or BF16"});
  refuse("shape", nullptr, {"shape", "missing"});
  refuse("shape", {16, -16}, {"shape", "whole numbers"});
  refuse("shape", {16.5}, {"shape", "whole numbers"});
  refuse("shape", {16, 15}, {"do not fit", "[16,15]"});
  refuse("shape", {1ull << 62, 16}, {"do not fit"});
  refuse("shape", {4, 4, 16}, {"3 dimensions"});
  refuse("shape", {8, 32}, {"8 x 32", "expected 16 x 16"});
  refuse("data_offsets", {0}, {"data_offsets"});
  refuse("data_offsets", {64, 0}, {"data_offsets", "do not lie"});
  refuse("data_offsets", {0, 1ull << 63}, {"data_offsets", "do not lie"});
  refuse("data_offsets", "all", {"data_offsets", "whole numbers"});
  refuse("data_offsets", {0, 1024}, {"overlap"});
}

TEST_F(SafetensorsTest, RefusesMissingAndSurplusTensors) {
  SafetensorsBuilder file = file_;
  file.header.erase("lm_head.weight");
  ExpectFileRefused(file.Build(), {"lm_head.weight", "missing"});
  file = file_;
  file.Add("model.layers.0.self_attn.q_proj.bias", "F32", {16}, std::string(64, 0));
  ExpectFileRefused(file.Build(), {"q_proj.bias", "change the model"});
  file = file_;
  file.Add("model.layers.0.self_attn.rotary_emb.inv_freq", "F32", {2}, std::string(8, 0));
  directory_.Write(kModelFile, file.Build());
  EXPECT_NO_THROW(Open());
}

}  // namespace
}  // namespace jupiter
