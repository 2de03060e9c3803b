#include "model/loaders/gguf_file.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/model/loaders/checks.h"
#include "tests/model/loaders/gguf_builder.h"

namespace jupiter {
namespace {

GgufFile Parse(std::string bytes) {
  return GgufFile(MappedFile::FromBytes("model.gguf", std::move(bytes)));
}

void ExpectFileRefused(const std::string& bytes, std::vector<std::string> parts) {
  parts.insert(parts.begin(), "model.gguf: ");
  ExpectRefusal([&bytes] { Parse(bytes); }, parts);
}

GgufBuilder Builder() {
  GgufBuilder builder;
  builder.SetString("text", "hello");
  builder.SetU32("count", 7);
  builder.SetI32("signed", -3);
  builder.SetF32("ratio", 0.25f);
  builder.SetBool("yes", true);
  builder.SetStrings("words", {"a", "", "\xe2\x96\x81long"});
  builder.AddTensor("t", 0, {4, 2}, std::string(32, 'x'));
  builder.AddTensor("u", 1, {3}, std::string(6, 'y'));
  builder.Place();
  return builder;
}

template <typename T>
std::string ArrayBytes(std::uint32_t kind, const std::vector<T>& items) {
  std::string bytes = NumberBytes(kind) + NumberBytes<std::uint64_t>(items.size());
  for (const T item : items) bytes += NumberBytes(item);
  return bytes;
}

TEST(GgufFile, ReadsValuesAndTensors) {
  for (const std::uint32_t version : {2u, 3u}) {
    GgufBuilder builder = Builder();
    builder.version = version;
    const GgufFile gguf = Parse(builder.Build());
    EXPECT_EQ(gguf.version(), static_cast<int>(version));
    EXPECT_EQ(gguf.String("text"), "hello");
    EXPECT_EQ(gguf.Integer("count"), 7);
    EXPECT_EQ(gguf.Integer("signed"), -3);
    EXPECT_EQ(gguf.Real("ratio"), 0.25);
    EXPECT_EQ(gguf.Real("signed"), -3.0);
    EXPECT_TRUE(gguf.Bool("yes"));
    EXPECT_EQ(gguf.Strings("words"), (std::vector<std::string>{"a", "", "\xe2\x96\x81long"}));
    EXPECT_FALSE(gguf.Has("absent"));
    ASSERT_EQ(gguf.tensors().size(), 2u);
    EXPECT_EQ(gguf.tensors()[0].dimensions, (std::vector<std::int64_t>{4, 2}));
    EXPECT_EQ(gguf.tensors()[1].offset, 32u);
    EXPECT_EQ(gguf.tensors()[1].type, 1u);
    EXPECT_EQ(static_cast<char>(gguf.data()[32]), 'y');
  }
}

TEST(GgufFile, ReadsEveryKindOfNumber) {
  GgufBuilder builder;
  builder.Set("u8", 0, NumberBytes<std::uint8_t>(200));
  builder.Set("i8", 1, NumberBytes<std::int8_t>(-100));
  builder.Set("u16", 2, NumberBytes<std::uint16_t>(60000));
  builder.Set("i16", 3, NumberBytes<std::int16_t>(-30000));
  builder.Set("u64", 10, NumberBytes<std::uint64_t>(1ull << 40));
  builder.Set("i64", 11, NumberBytes<std::int64_t>(-(1ll << 40)));
  builder.Set("f64", 12, NumberBytes<double>(1e300));
  builder.Set("large", 10, NumberBytes(std::numeric_limits<std::uint64_t>::max()));
  builder.Set("i32s", 9, ArrayBytes<std::int32_t>(5, {1, -2, 3}));
  builder.Set("u8s", 9, ArrayBytes<std::uint8_t>(0, {1, 255}));
  builder.Set("f32s", 9, ArrayBytes<float>(6, {0.5f, -1.0f}));
  builder.Set("none", 9, ArrayBytes<float>(6, {}));
  const GgufFile gguf = Parse(builder.Build());
  EXPECT_EQ(gguf.Integer("u8"), 200);
  EXPECT_EQ(gguf.Integer("i8"), -100);
  EXPECT_EQ(gguf.Integer("u16"), 60000);
  EXPECT_EQ(gguf.Integer("i16"), -30000);
  EXPECT_EQ(gguf.Integer("u64"), 1ll << 40);
  EXPECT_EQ(gguf.Integer("i64"), -(1ll << 40));
  EXPECT_EQ(gguf.Real("f64"), 1e300);
  EXPECT_EQ(gguf.Integers("i32s"), (std::vector<std::int64_t>{1, -2, 3}));
  EXPECT_EQ(gguf.Integers("u8s"), (std::vector<std::int64_t>{1, 255}));
  EXPECT_EQ(gguf.Reals("f32s"), (std::vector<double>{0.5, -1.0}));
  EXPECT_TRUE(gguf.Reals("none").empty());
  ExpectRefusal([&gguf] { gguf.Integer("large"); }, {"model.gguf", "'large'", "too large"});
}

TEST(GgufFile, NamesMissingAndMistypedKeys) {
  const GgufFile gguf = Parse(Builder().Build());
  ExpectRefusal([&] { gguf.Integer("absent"); }, {"model.gguf", "'absent'", "missing"});
  ExpectRefusal([&] { gguf.Integer("text"); }, {"'text'", "a string", "an integer"});
  ExpectRefusal([&] { gguf.Real("words"); }, {"'words'", "a number"});
  ExpectRefusal([&] { gguf.Bool("count"); }, {"'count'", "an unsigned integer", "a bool"});
  ExpectRefusal([&] { gguf.String("count"); }, {"'count'", "a string"});
  ExpectRefusal([&] { gguf.Strings("text"); }, {"'text'", "an array of strings"});
  ExpectRefusal([&] { gguf.Integers("words"); }, {"'words'", "an array of integers"});
  ExpectRefusal([&] { gguf.Reals("words"); }, {"'words'", "an array of real numbers"});
}

TEST(GgufFile, EveryTruncationOfTheHeadIsRefused) {
  const GgufBuilder builder = Builder();
  const std::string file = builder.Build();
  const std::size_t head = builder.BuildHead().size();
  for (std::size_t size = 0; size <= head; ++size) {
    ExpectRefusal([&] { Parse(file.substr(0, size)); }, {"model.gguf: "});
  }
  EXPECT_NO_THROW(Parse(file));
}

TEST(GgufFile, RefusesAWrongMagicAndVersion) {
  GgufBuilder builder = Builder();
  builder.magic = "GGML";
  ExpectFileRefused(builder.Build(), {"not a GGUF file"});
  builder = Builder();
  builder.version = 1;
  ExpectFileRefused(builder.Build(), {"version 1", "expected 2 or 3"});
  builder.version = 0x03000000;
  ExpectFileRefused(builder.Build(), {"big endian"});
}

TEST(GgufFile, RefusesAbsurdCountsWithoutAllocating) {
  for (const std::int64_t count :
       {std::int64_t{1} << 40, std::numeric_limits<std::int64_t>::max()}) {
    GgufBuilder builder = Builder();
    builder.declared_tensors = count;
    ExpectFileRefused(builder.Build(), {"the tensor directory", "the file ends after"});
    builder = Builder();
    builder.declared_values = count;
    ExpectFileRefused(builder.Build(), {"the metadata", "the file ends after"});
  }
  GgufBuilder builder = Builder();
  builder.Set("words", 9, NumberBytes<std::uint32_t>(8) + NumberBytes<std::uint64_t>(1ull << 61));
  ExpectFileRefused(builder.Build(), {"'words'", "truncated"});
  builder.Set("words", 8, NumberBytes<std::uint64_t>(~0ull));
  ExpectFileRefused(builder.Build(), {"'words'", "truncated"});
}

TEST(GgufFile, RefusesBadValues) {
  GgufBuilder builder = Builder();
  builder.Set("bad", 13, "x");
  ExpectFileRefused(builder.Build(), {"'bad'", "unknown value kind 13"});
  builder.Set("bad", 9, NumberBytes<std::uint32_t>(9) + NumberBytes<std::uint64_t>(1));
  ExpectFileRefused(builder.Build(), {"'bad'", "array of arrays"});
  builder.Set("bad", 7, "\x02");
  ExpectFileRefused(builder.Build(), {"'bad'", "a bool of 2"});
  builder = Builder();
  builder.SetU32("general.alignment", 12);
  ExpectFileRefused(builder.Build(), {"general.alignment is 12"});
}

TEST(GgufFile, RefusesDuplicatesWithPrintableNames) {
  GgufBuilder builder = Builder();
  builder.AddTensor("t\n\x01", 0, {1}, "abcd");
  builder.AddTensor("t\n\x01", 0, {1}, "abcd");
  builder.Place();
  ExpectFileRefused(builder.Build(), {"'t\\x0a\\x01'", "occurs twice"});
}

TEST(GgufFile, RefusesImpossibleDimensions) {
  const auto with = [](std::vector<std::uint64_t> dimensions) {
    GgufBuilder builder = Builder();
    builder.At("t").dimensions = std::move(dimensions);
    return builder.Build();
  };
  ExpectFileRefused(with({}), {"'t'", "0 dimensions"});
  ExpectFileRefused(with({1, 1, 1, 1, 1}), {"'t'", "5 dimensions"});
  ExpectFileRefused(with({4, 0}), {"'t'", "dimension of 0"});
  ExpectFileRefused(with({1ull << 40, 1ull << 40}), {"'t'", "impossible dimension"});
  ExpectFileRefused(with({~0ull}), {"'t'", "impossible dimension"});
}

TEST(GgufFile, RefusesOffsetsOutsideTheFile) {
  GgufBuilder builder = Builder();
  const std::string file = builder.Build();
  const auto with = [&](std::uint64_t offset) {
    builder.At("u").offset = offset;
    // The head alone: the builder would grow the file up to the offset.
    return builder.BuildHead() + file.substr(builder.BuildHead().size());
  };
  ExpectFileRefused(with(1ull << 40), {"'u'", "has only"});
  ExpectFileRefused(with(~0ull - 31), {"'u'", "has only"});
  ExpectFileRefused(with(33), {"'u'", "no multiple of the alignment 32"});
}

}  // namespace
}  // namespace jupiter
