// Rows are kept for runs whose key is the same: nothing that can change a number may escape it.
#include "bench/results/row_key.h"

#include <gtest/gtest.h>

#include <set>
#include <utility>

#include "tests/model/loaders/temp_directory.h"

namespace jupiter {
namespace {

RowKey Key() {
  return {.suite = "real",
          .ranks = 2,
          .flags = {{"--wire", "f32"}, {"--overlap", "true"}},
          .numerics = "1 0123 residual=f32",
          .devices = {"cpu, avx2, 1 thread", "cpu, avx2, 1 thread"},
          .inputs = {"a cluster"}};
}

TEST(RowKeyTest, EveryFactMakesAnother) {
  std::set<std::string> keys = {ToJson(Key())};
  const auto add = [&keys](const auto& change) {
    RowKey key = Key();
    change(key);
    EXPECT_TRUE(keys.insert(ToJson(key)).second) << ToJson(key);
  };
  add([](RowKey& key) { key.ranks = 3; });
  add([](RowKey& key) { key.flags[1].second = "false"; });
  add([](RowKey& key) { key.flags.emplace_back("--new", ""); });
  add([](RowKey& key) { key.numerics = "1 4567 residual=f32"; });
  add([](RowKey& key) { key.devices[1] = "cpu, portable, 1 thread"; });
  add([](RowKey& key) { key.inputs[0] = "another cluster"; });
  EXPECT_TRUE(keys.count(ToJson(Key())));
  EXPECT_EQ(ToJson(Key()).find('\n'), std::string::npos);
}

TEST(RowKeyTest, FilesCountWithWhatTheyHold) {
  const TempDirectory folder;
  const std::string path = folder.Write("heads", "one");
  for (const std::string& value : {path, "medusa:" + path, "ngram,medusa:" + path}) {
    RowKey key = Key();
    key.flags.emplace_back("--draft", value);
    const std::string before = ToJson(key);
    folder.Write("heads", "two");
    EXPECT_NE(ToJson(key), before) << value;
    folder.Write("heads", "one");
    EXPECT_EQ(ToJson(key), before) << value;
  }
}

TEST(RowKeyTest, FingerprintsOfFilesAndFolders) {
  const TempDirectory folder;
  const auto of = [&](const std::string& text) {
    return std::pair{FingerprintPath(folder.Write("file", text)), FingerprintPath(folder.path())};
  };
  // Small files whole.
  std::string text(200'000, 'a');
  const auto small = of(text);
  text[123'456] = 'b';
  EXPECT_NE(of(text).first, small.first);
  EXPECT_NE(of(text).second, small.second);
  // Of large ones the size, both ends, what lies between in places, and when they were written.
  const std::string large(300 << 16, 'a');
  const auto whole = of(large);
  EXPECT_EQ(FingerprintPath(folder.path()), whole.second);
  EXPECT_NE(of(large + "a").first, whole.first);
  for (const std::size_t place : {std::size_t{0}, large.size() - 1}) {
    std::string other = large;
    other[place] = 'b';
    EXPECT_NE(of(other).first, whole.first) << place;
  }
  std::string between = large;
  between[(1 << 16) + 1] = 'b';
  EXPECT_NE(of(between).first, whole.first);
}

}  // namespace
}  // namespace jupiter
