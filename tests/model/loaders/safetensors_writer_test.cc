#include "model/loaders/safetensors_writer.h"

#include <gtest/gtest.h>

#include <limits>

#include "model/loaders/safetensors_file.h"
#include "tests/model/loaders/checks.h"
#include "tests/model/loaders/decode.h"
#include "tests/model/loaders/temp_directory.h"

namespace jupiter {
namespace {

// 1000 values over and over; multiples of an eighth up to 62.5 are exact in f16.
std::vector<float> Ramp(int count, float step) {
  std::vector<float> values;
  for (int i = 0; i < count; ++i) values.push_back(static_cast<float>(i % 1000 - 500) * step);
  return values;
}

TEST(SafetensorsWriterTest, WhatIsWrittenIsRead) {
  const TempDirectory directory;
  const std::string path = directory.path() + "/w.safetensors";
  const std::vector<float> matrix = Ramp(3 * 3000, 0.125f);
  const std::vector<float> vector = Ramp(7, 0.5f);
  for (const DType dtype : {DType::kF32, DType::kF16}) {
    WriteSafetensors(path, dtype,
                     {{"a.b", {3, 3000}, matrix}, {"c", {7}, vector}, {"none", {0}, {}}},
                     {{"made", "here"}});
    const SafetensorsFile file(MappedFile::Open(path));
    ASSERT_EQ(file.entries().size(), 3u);
    for (const auto& [name, values] : {std::pair("a.b", matrix), std::pair("c", vector)}) {
      const SafetensorsEntry& entry = file.entries().at(name);
      const StoredTensor stored = StoreTensor(file, name, entry, name);
      EXPECT_EQ(stored.info.dtype, dtype);
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(stored.data) % 2, 0u);
      const auto& [_, type, rows, columns] = stored.info;
      EXPECT_EQ(Decode({stored.data, type, rows, columns, RowBytes(type, columns)}), values);
    }
    EXPECT_EQ(file.entries().at("a.b").shape, (std::vector<std::int64_t>{3, 3000}));
    EXPECT_EQ(file.entries().at("c").shape, (std::vector<std::int64_t>{7}));
  }
}

TEST(SafetensorsWriterTest, RefusesWhatCannotBeHeldOrWritten) {
  const TempDirectory directory;
  const std::string path = directory.path() + "/w.safetensors";
  const std::vector<float> large = {1, 70000};
  const auto write = [&](const std::string& to, DType dtype, const std::vector<float>& values) {
    WriteSafetensors(to, dtype, {{"big", {2}, values}}, {});
  };
  EXPECT_NO_THROW(write(path, DType::kF32, large));
  ExpectRefusal([&] { write(path, DType::kF16, large); }, {path, "'big'", "f16"});
  ExpectRefusal(
      [&] {
        write(path, DType::kF32, {0, std::numeric_limits<float>::quiet_NaN()});
      },
      {path, "'big'", "not finite"});
  ExpectRefusal([&] { write("/nonexistent/w", DType::kF32, large); }, {"/nonexistent/w", "folder"});
  ExpectRefusal([&] { write("/dev/full", DType::kF32, large); }, {"/dev/full", "disk full"});
}

}  // namespace
}  // namespace jupiter
