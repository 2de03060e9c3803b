#include <gtest/gtest.h>

#include <sys/stat.h>

#include <cstdint>
#include <fstream>

#include "model/checkpoint/mapped_file.h"
#include "model/loaders/gguf_checkpoint.h"
#include "model/loaders/open_checkpoint.h"
#include "tests/model/loaders/checks.h"
#include "tests/model/loaders/temp_directory.h"

namespace jupiter {
namespace {

TEST(OpenCheckpoint, GoesByContent) {
  const TempDirectory directory;
  const TestModel model = MakeTestModel(SmallConfig());
  const std::string gguf = directory.Write("gguf.bin", ToGguf(model).Build());
  const std::string bin = directory.Write("model", ToLlama2c(model));
  directory.Write("config.json", ToConfigJson(model.config));
  directory.Write("model.safetensors", ToSafetensors(model).Build());
  const auto first = OpenCheckpoint(gguf);
  const auto second = OpenCheckpoint(bin);
  const auto third = OpenCheckpoint(directory.path() + "/");
  EXPECT_EQ(first->format(), "gguf");
  EXPECT_EQ(second->format(), "llama2.c");
  EXPECT_EQ(third->format(), "safetensors");
  EXPECT_EQ(third->config().name, std::filesystem::path(directory.path()).filename().string());
  for (auto* checkpoint : {first.get(), second.get(), third.get()}) ExpectHolds(*checkpoint, model);
}

TEST(OpenCheckpoint, SaysWhatIsWrongWithThePath) {
  const TempDirectory directory;
  const auto refuse = [](const std::string& path, std::vector<std::string> parts) {
    parts.insert(parts.begin(), path);
    ExpectRefusal([&path] { OpenCheckpoint(path); }, parts);
  };
  refuse(directory.path() + "/absent.gguf", {"no such model", "synthetic:<shape>"});
  ExpectRefusal([] { OpenCheckpoint(""); }, {"''", "no such model"});
  ExpectRefusal([] { OpenGguf("/absent/model.gguf"); }, {"/absent/model.gguf", "No such file"});
  refuse(directory.Write("empty", ""), {"the file is empty"});
  refuse(directory.Write("x.gguf", "GGML and so on and on and on and on"), {"not a GGUF file"});
  refuse(directory.Write("model.safetensors", "x"), {"give the directory"});
  refuse(directory.Write("short", "hello"), {"truncated", "llama2.c header"});
  refuse(directory.Write("text", std::string(500, 'a')), {"llama2.c"});
  const std::string pipe = directory.path() + "/pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  refuse(pipe, {"not a regular file"});
}

TEST(MappedFile, ShowsTheBytesOfTheFile) {
  const TempDirectory directory;
  const std::string path = directory.Write("file", "some bytes");
  const auto file = MappedFile::Open(path);
  EXPECT_EQ(file->path(), path);
  const auto* start = reinterpret_cast<const char*>(file->bytes().data());
  EXPECT_EQ(std::string(start, file->bytes().size()), "some bytes");
  file->DropPages();
  EXPECT_EQ(start[0], 's');
  EXPECT_TRUE(MappedFile::Open(directory.Write("empty", ""))->bytes().empty());
  ExpectRefusal([&] { MappedFile::Open(directory.path()); }, {directory.path(), "regular file"});
}

// Resident KiB of the mappings of a file, from /proc/self/smaps.
std::int64_t ResidentKiB(const std::string& path) {
  std::ifstream maps("/proc/self/smaps");
  std::int64_t total = 0;
  bool ours = false;
  for (std::string line; std::getline(maps, line);) {
    // A mapping's own line ends in its path; "Field: value kB" lines follow.
    const bool field = line.find("kB") != std::string::npos && line.find('/') == std::string::npos;
    if (line.find(path) != std::string::npos) {
      ours = true;
    } else if (!field && line.find('-') < line.find(' ')) {
      ours = false;
    }
    if (ours && line.compare(0, 4, "Rss:") == 0) total += std::stoll(line.substr(4));
  }
  return total;
}

TEST(OpenCheckpoint, TouchesOnlyThePagesItReads) {
  const TempDirectory directory;
  ModelConfig config = WideConfig();
  config.vocab = 16384;  // 16 MiB of embedding and as much of head
  const std::string path = directory.Write("model.gguf", ToGguf(MakeTestModel(config)).Build());
  const auto checkpoint = OpenCheckpoint(path);
  const HostTensor row = checkpoint->Read("embed", {8000, 8001, 0, 256});
  volatile float touched = row.view.Row<float>(0)[17];
  EXPECT_NE(touched, 0.0f);
  const std::int64_t little = ResidentKiB(path);
  EXPECT_GT(little, 0);
  EXPECT_LT(little, 8192);  // file systems map up to 2 MiB around a touched page
  EXPECT_FALSE(ReadBytes(*checkpoint, "head").empty());
  EXPECT_GE(ResidentKiB(path), 16384);
  checkpoint->DropPages();
  EXPECT_LT(ResidentKiB(path), 1024);
}

}  // namespace
}  // namespace jupiter
