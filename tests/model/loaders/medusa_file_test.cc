#include "model/loaders/medusa_file.h"

#include <gtest/gtest.h>

#include "tests/model/loaders/checks.h"
#include "tests/model/loaders/temp_directory.h"
#include "tests/model/loaders/test_model.h"

namespace jupiter {
namespace {

constexpr const char* kHeadsFile = "medusa_lm_head.safetensors";

MedusaFile OpenBytes(const std::string& bytes) {
  return LoadMedusa(MappedFile::FromBytes("heads", bytes), SmallConfig());
}

void ExpectRefusedFile(const SafetensorsBuilder& file, std::vector<std::string> parts) {
  parts.insert(parts.begin(), "heads: ");
  ExpectRefusal([&] { OpenBytes(file.Build()); }, parts);
}

SafetensorsBuilder SomeHeads(const MedusaLayout& layout,
                             const ModelConfig& config = SmallConfig()) {
  return ToSafetensors(MakeTestHeads(layout, config), "");
}

TEST(MedusaFileTest, HoldsHeadsOfEveryLayoutAndType) {
  for (const MedusaLayout& layout : {MedusaLayout{1, 1, false},
                                     {4, 1, true},
                                     {12, 1, true},
                                     {3, 2, false},
                                     {2, 3, true},
                                     {5, 0, true}}) {
    for (const DType dtype : {DType::kF32, DType::kF16, DType::kBF16}) {
      for (const char* prefix : {"", "medusa_head.", "model.medusa_head."}) {
        const TestModel heads = MakeTestHeads(layout, SmallConfig(), dtype);
        const MedusaFile file = OpenBytes(ToSafetensors(heads, prefix).Build());
        EXPECT_EQ(file.layout, layout);
        ExpectHolds(*file.tensors, heads);
        EXPECT_EQ(file.tensors->config().vocab, SmallConfig().vocab);
      }
    }
  }
}

TEST(MedusaFileTest, RefusesHeadsOfOtherModels) {
  ModelConfig other = SmallConfig();
  other.hidden = 24;
  ExpectRefusedFile(SomeHeads({2, 1, true}, other), {"24", "small has 16", "another model"});
  ExpectRefusedFile(SomeHeads({2, 1, false}, other), {"24", "small has 16", "another model"});
  other = SmallConfig();
  other.vocab = 33;
  ExpectRefusedFile(SomeHeads({2, 1, true}, other), {"33", "small has 32", "another model"});
}

TEST(MedusaFileTest, RefusesWhatIsMissing) {
  const auto without = [](const char* name) {
    SafetensorsBuilder file = SomeHeads({3, 2, true});
    file.header.erase(name);
    return file;
  };
  ExpectRefusedFile(without("1.0.linear.bias"), {"tensor 1.0.linear.bias is missing"});
  ExpectRefusedFile(without("2.1.linear.weight"), {"tensor 2.1.linear.weight is missing"});
  ExpectRefusedFile(without("0.2.weight"), {"tensor 0.2.weight is missing"});
  SafetensorsBuilder empty;
  empty.header = nlohmann::json::object();
  ExpectRefusedFile(empty, {"no tensors"});
  SafetensorsBuilder gap = SomeHeads({3, 1, false});
  gap.header.erase("1.0.linear.weight");
  gap.header.erase("1.0.linear.bias");
  ExpectRefusedFile(gap, {"head 2 but no head 1"});
}

TEST(MedusaFileTest, RefusesOtherNames) {
  const std::string row(64, 0);
  for (const char* name :
       {"lm_head.weight", "0.weight", "0.0.linear", "0.0.linear.scale", "0.0.conv.weight",
        "-1.0.linear.weight", "00.0.linear.weight", "0.0.0.linear.weight", "", ".", "0",
        "99999999999.0.linear.weight", "blocks.0.layers.0.weight"}) {
    SafetensorsBuilder file = SomeHeads({2, 1, true});
    file.Add(name, "F32", {16}, row);
    ExpectRefusedFile(file, {"is not one of Medusa heads", "0.0.linear.weight"});
  }
  SafetensorsBuilder file = SomeHeads({2, 1, true});
  file.Add("64.0.linear.bias", "F32", {16}, row);
  ExpectRefusedFile(file, {"64.0.linear.bias", "at most 64 heads"});
  file = SomeHeads({2, 1, true});
  file.Add("medusa_head.2.0.linear.bias", "F32", {16}, row);
  ExpectRefusedFile(file, {"''", "'medusa_head.'"});
  file = SomeHeads({2, 2, true});
  file.Add("1.1.weight", "F32", {32, 16}, std::string(32 * 64, 0));
  ExpectRefusedFile(file, {"1.1.weight", "1.2.weight"});
}

TEST(MedusaFileTest, RefusesOtherShapesAndTypes) {
  const auto changed = [](const char* key, const nlohmann::json& value) {
    SafetensorsBuilder file = SomeHeads({2, 1, true});
    file.header["1.0.linear.weight"][key] = value;
    return file;
  };
  ExpectRefusedFile(changed("dtype", "I32"), {"1.0.linear.weight", "'I32'", "expected F32, F16"});
  ExpectRefusedFile(changed("dtype", "Q9"), {"1.0.linear.weight", "'Q9'", "expected F32, F16"});
  ExpectRefusedFile(changed("shape", {4, 4, 16}), {"1.0.linear.weight", "3 dimensions"});
  ExpectRefusedFile(changed("shape", {256}), {"256", "small has 16"});
  SafetensorsBuilder file = SomeHeads({1, 1, false});
  file.header["0.0.linear.weight"]["shape"] = {8, 16};
  file.header["0.0.linear.weight"]["data_offsets"] = {0, 512};
  ExpectRefusedFile(file, {"0.0.linear.weight", "8 x 16", "expected 16 x 16"});
  const std::string whole = SomeHeads({2, 1, true}).Build();
  for (const std::size_t size : {std::size_t{0}, std::size_t{9}, whole.size() - 1}) {
    ExpectRefusal([&] { OpenBytes(whole.substr(0, size)); }, {"heads: ", "truncated"});
  }
}

TEST(MedusaFileTest, OpensFilesAndFolders) {
  const TempDirectory directory;
  const auto open = [&](const std::string& path) { return OpenMedusa(path, SmallConfig()); };
  ExpectRefusal([&] { open(directory.path()); }, {directory.path(), kHeadsFile, ".pt"});
  ExpectRefusal([&] { open("/nonexistent/heads"); }, {"/nonexistent/heads", "cannot be opened"});
  const std::string path = directory.Write(kHeadsFile, SomeHeads({5, 1, true}).Build());
  for (const std::string& name : {path, directory.path()}) {
    EXPECT_EQ(open(name).layout, (MedusaLayout{5, 1, true}));
  }
}

TEST(MedusaFileTest, HeedsTheConfigurationBesideTheFile) {
  const TempDirectory directory;
  const std::string path = directory.Write(kHeadsFile, SomeHeads({5, 1, true}).Build());
  const auto open = [&](const std::string& config) {
    directory.Write("config.json", config);
    return OpenMedusa(path, SmallConfig());
  };
  // The published heads for Vicuna are five, and their config.json says two.
  for (const char* config : {"{}", R"({"medusa_num_heads": 2, "medusa_num_layers": 1})",
                             R"({"medusa_num_heads": 5, "hidden_size": 7})"}) {
    EXPECT_EQ(open(config).layout.heads, 5) << config;
  }
  ExpectRefusal([&] { open(R"({"medusa_num_heads": 6})"); }, {"config.json", "6", "5 heads"});
  ExpectRefusal([&] { open(R"({"medusa_num_layers": 2})"); }, {"config.json", "2", "1 blocks"});
  ExpectRefusal([&] { open(R"({"medusa_num_heads": "5"})"); }, {"config.json", "medusa_num_heads"});
  ExpectRefusal([&] { open("{"); }, {"config.json", "not valid JSON"});
}

TEST(MedusaFileTest, MakesSyntheticHeads) {
  const MedusaFile tied = OpenMedusa("synthetic:3", SmallConfig());
  EXPECT_EQ(tied.layout, (MedusaLayout{3, 1, false}));
  EXPECT_EQ(tied.tensors->Info("2.0.linear.weight").dtype, DType::kF16);
  EXPECT_EQ(tied.tensors->Info("2.0.linear.bias").dtype, DType::kF32);
  const MedusaFile own = OpenMedusa("synthetic:2:own:q8_0:seed=3", WideConfig());
  EXPECT_EQ(own.layout, (MedusaLayout{2, 1, true}));
  EXPECT_EQ(own.tensors->Info("1.1.weight").dtype, DType::kQ8_0);
  const auto bytes = [](const char* name) {
    return ReadBytes(*OpenMedusa(name, SmallConfig()).tensors, "0.0.linear.weight");
  };
  EXPECT_EQ(bytes("synthetic:2:f32"), bytes("synthetic:3:own:f32:seed=0"));
  EXPECT_NE(bytes("synthetic:2:f32"), bytes("synthetic:2:f32:seed=1"));
  for (const char* name :
       {"synthetic:", "synthetic:0", "synthetic:65", "synthetic:x", "synthetic:2:f31",
        "synthetic:2:own:own", "synthetic:2:seed=", "synthetic:2:f16:f16", "synthetic:2:q8_0"}) {
    ExpectRefusal([&] { OpenMedusa(name, SmallConfig()); }, {name});
  }
}

}  // namespace
}  // namespace jupiter
