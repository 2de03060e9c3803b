// What Load and MakeDevice refuse, and in which words.
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>

#include "kernels/base/check.h"
#include "kernels/make_device.h"
#include "tests/kernels/test_inputs.h"

namespace jupiter {
namespace {

// The message of the UserError that `action` throws, or "" without one.
template <typename Action>
std::string UserErrorOf(const Action& action) {
  try {
    action();
  } catch (const UserError& error) {
    return error.what();
  }
  return "";
}

void Put(HostMatrix& matrix, std::int64_t row, std::int64_t offset, std::uint16_t bits) {
  std::memcpy(matrix.bytes.data() + row * RowBytes(matrix.dtype, matrix.columns) + offset, &bits,
              sizeof bits);
}

// Where a half of a scale (or a dense element) of the second block of a row lies.
std::int64_t ScaleOffset(DType dtype) {
  switch (dtype) {
    case DType::kF32: return 4 * 256 + 2;  // upper half
    case DType::kQ6_K: return BlockBytes(dtype) + 208;
    case DType::kQ4_K: return BlockBytes(dtype) + 2;  // the minimum
    default: return BlockBytes(dtype);
  }
}

class LoadTest : public testing::TestWithParam<DType> {};

TEST_P(LoadTest, RefusesWhatIsNotFinite) {
  const DType dtype = GetParam();
  for (const char* name : {"cpu", "eigen"}) {
    const auto device = MakeDevice(name, {3, ""});
    for (std::uint16_t bits : {0x7fc0, 0xff80, 0x7c00}) {
      if (bits == 0x7c00 && (dtype == DType::kF32 || dtype == DType::kBF16)) continue;
      HostMatrix host = RandomWeight(dtype, 40, 512, 1);
      Put(host, 21, ScaleOffset(dtype), bits);
      Put(host, 39, ScaleOffset(dtype), bits);
      const std::string message =
          UserErrorOf([&] { device->Load("blk.0.ffn_up.weight", host.view(), 0, 512); });
      EXPECT_NE(message.find("blk.0.ffn_up.weight"), std::string::npos) << message;
      EXPECT_NE(message.find("row 21"), std::string::npos) << message;
      EXPECT_EQ(message.find('\n'), std::string::npos);
    }
  }
}

TEST_P(LoadTest, RefusesCutsBetweenColumnsOfOneScale) {
  const int unit = CutColumns(GetParam());
  const HostMatrix host = RandomWeight(GetParam(), 4, 512, 1);
  for (const char* name : {"cpu", "eigen"}) {
    const auto device = MakeDevice(name, {});
    if (unit == 1) {  // dense types can be cut anywhere
      EXPECT_EQ(UserErrorOf([&] { device->Load("w", host.view(), 1, 511); }), "");
      continue;
    }
    EXPECT_NE(UserErrorOf([&] { device->Load("w", host.view(), unit / 2, 512); }), "");
    EXPECT_NE(UserErrorOf([&] { device->Load("w", host.view(), 0, 512 - unit / 2); }), "");
    EXPECT_NE(UserErrorOf([&] { device->Load("w", host.view(), 0, 512 + unit); }), "");
    EXPECT_EQ(UserErrorOf([&] { device->Load("w", host.view(), unit, 512); }), "");
  }
}

INSTANTIATE_TEST_SUITE_P(Types, LoadTest, testing::ValuesIn(kWeightTypes),
                         [](const auto& info) { return std::string(Name(info.param)); });

TEST(MakeDeviceTest, NamesWhatItHas) {
  EXPECT_NE(UserErrorOf([] { MakeDevice("gpu", {}); }).find("cpu"), std::string::npos);
  EXPECT_NE(UserErrorOf([] {
              MakeDevice("cpu", {1, "sse9"});
            }).find("portable"),
            std::string::npos);
  EXPECT_NE(UserErrorOf([] { MakeDevice("cpu", {0, ""}); }), "");
  EXPECT_EQ(MakeDevice("cpu", {2, "portable"})->Describe(), "cpu, portable, 2 threads");
  EXPECT_EQ(MakeDevice("eigen", {})->name(), "eigen");
}

TEST(MakeDeviceTest, TakesTheInstructionSetFromTheEnvironment) {
  ASSERT_EQ(setenv("JUPITER_ISA", "portable", 1), 0);
  EXPECT_EQ(MakeDevice("cpu", {})->Describe(), "cpu, portable, 1 thread");
  const std::string best = IsaNames().front();
  EXPECT_EQ(MakeDevice("cpu", {1, best})->Describe(), "cpu, " + best + ", 1 thread");
  ASSERT_EQ(setenv("JUPITER_ISA", "pentium", 1), 0);
  EXPECT_NE(UserErrorOf([] { MakeDevice("cpu", {}); }).find("pentium"), std::string::npos);
  ASSERT_EQ(unsetenv("JUPITER_ISA"), 0);
  EXPECT_EQ(MakeDevice("cpu", {})->Describe(), "cpu, " + best + ", 1 thread");
}

TEST(LoadDenseTest, ConvertsExactly) {
  const auto device = MakeDevice("cpu", {});
  const std::uint16_t halves[4] = {0x3c00, 0xc000, 0x0001, 0x7bff};
  const ConstTensorView host{reinterpret_cast<const std::byte*>(halves), DType::kF16, 1, 4, 8};
  EXPECT_EQ(FloatsOf(device->LoadDense(host)), (std::vector<float>{1, -2, 0x1p-24f, 65504}));
}

}  // namespace
}  // namespace jupiter
