// Quantities: the values of units, exact round trips, refusals.
#include "planning/text/units.h"

#include <cmath>
#include <limits>

#include "kernels/base/rng.h"
#include "tests/refusal.h"

namespace jupiter {
namespace {

TEST(UnitsTest, ValuesAreTheNearestDoubles) {
  EXPECT_EQ(ParseQuantity("8 GiB", Dimension::kMemory), 8589934592.0);
  EXPECT_EQ(ParseQuantity("16 GB", Dimension::kMemory), 16e9);
  EXPECT_EQ(ParseQuantity("59.7 GB/s", Dimension::kMemoryRate), 59.7e9);
  EXPECT_EQ(ParseQuantity("100 Mbit/s", Dimension::kBitRate), 1e8);
  EXPECT_EQ(ParseQuantity("0.2 ms", Dimension::kTime), 0.2e-3);
  EXPECT_EQ(ParseQuantity("20 us", Dimension::kTime), 20e-6);
  EXPECT_EQ(ParseQuantity("7 ns", Dimension::kTime), 7e-9);
  EXPECT_EQ(ParseQuantity("2 min", Dimension::kTime), 120);
  EXPECT_EQ(ParseQuantity("6 TOPS", Dimension::kOperationRate), 6e12);
  EXPECT_EQ(ParseQuantity("21 GFLOP/s", Dimension::kOperationRate), 21e9);
  EXPECT_EQ(ParseQuantity("0.25 ns/B", Dimension::kTimePerByte), 0.25e-9);
  EXPECT_EQ(ParseQuantity("94 %", Dimension::kFraction), 0.94);
  EXPECT_EQ(ParseQuantity("0.94", Dimension::kFraction), 0.94);
  EXPECT_EQ(ParseQuantity(" 8GiB ", Dimension::kMemory), 8589934592.0);
  EXPECT_EQ(ParseQuantity("0", Dimension::kTime), 0);
}

TEST(UnitsTest, TextIsShortAndExact) {
  EXPECT_EQ(FormatQuantity(8589934592.0, Dimension::kMemory), "8 GiB");
  EXPECT_EQ(FormatQuantity(1e8, Dimension::kBitRate), "100 Mbit/s");
  EXPECT_EQ(FormatQuantity(0.2e-3, Dimension::kTime), "0.2 ms");
  EXPECT_EQ(FormatQuantity(59.7e9, Dimension::kMemoryRate), "59.7 GB/s");
  EXPECT_EQ(FormatQuantity(0, Dimension::kTime), "0 s");
}

TEST(UnitsTest, EveryDoubleComesBack) {
  const CounterRng rng(7);
  for (int dimension = 0; dimension <= static_cast<int>(Dimension::kFraction); ++dimension) {
    for (std::uint64_t i = 0; i < 2000; ++i) {
      const int exponent = static_cast<int>(rng.Bits(2 * i) % 120) - 60;
      const double value =
          std::ldexp(1 + static_cast<double>(rng.Bits(2 * i + 1) >> 12) * 0x1p-52, exponent);
      const std::string text = FormatQuantity(value, static_cast<Dimension>(dimension));
      EXPECT_EQ(ParseQuantity(text, static_cast<Dimension>(dimension)), value) << text;
    }
  }
}

TEST(UnitsTest, RefusalsNameTheUnits) {
  const auto refusal = [](const char* text, Dimension dimension) {
    return RefusalOf([&] { ParseQuantity(text, dimension); });
  };
  EXPECT_EQ(refusal("5 msec", Dimension::kTime),
            "unknown unit, expected a time such as \"0.2 ms\" (units: s, ms, us, ns, min, h)");
  EXPECT_EQ(refusal("5", Dimension::kTime),
            "the unit is missing, expected a time such as \"0.2 ms\" (units: s, ms, us, ns, min, "
            "h)");
  EXPECT_EQ(refusal("fast", Dimension::kBitRate),
            "no number, expected a bandwidth such as \"100 Mbit/s\" (units: bit/s, kbit/s, Mbit/s, "
            "Gbit/s, Tbit/s)");
  for (const char* text : {"", " ", "1e999 s", "5 MS", "0x10 s", "1 s s", "1,5 s", "- 1 s"}) {
    EXPECT_NE(refusal(text, Dimension::kTime).find("expected a time"), std::string::npos) << text;
  }
}

TEST(UnitsTest, NumbersThatRangesRefuseAreParsed) {
  EXPECT_EQ(ParseQuantity("-1 ms", Dimension::kTime), -1e-3);
  EXPECT_TRUE(std::isnan(ParseQuantity("nan s", Dimension::kTime)));
  EXPECT_EQ(ParseQuantity("inf B", Dimension::kMemory), std::numeric_limits<double>::infinity());
}

TEST(FormatBytesTest, MebibytesAndBytesBelow) {
  EXPECT_EQ(FormatBytes(0), "0 B");
  EXPECT_EQ(FormatBytes((1 << 20) - 1), "1048575 B");
  EXPECT_EQ(FormatBytes(1 << 20), "1.0 MiB");
  EXPECT_EQ(FormatBytes(std::int64_t{5} << 30), "5120.0 MiB");
}

}  // namespace
}  // namespace jupiter
