// Outlines as models write them: any bytes, or a good one, damaged.
#include <fuzzer/FuzzedDataProvider.h>

#include <cstdint>
#include <string>

#include "tests/fuzz/damage.h"
#include "tests/model/outline/outline_checks.h"

namespace {

constexpr char kGood[] =
    "Here is the outline:\r\n\r\n**1.** Dogs: loyal\n 2 . Cats 3) Fish\n(3) Birds\n- Step 4: \n"
    "Horses\n\n5\u3001 Cows,\n6 \u2014 Mice\nThat is all.";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  FuzzedDataProvider data(bytes, size);
  const int most = data.ConsumeIntegralInRange(1, 12);
  const std::string text =
      data.ConsumeBool() ? data.ConsumeRemainingBytesAsString() : jupiter::Damaged(data, kGood);
  const jupiter::ParsedOutline outline = jupiter::ParseOutline(text, most);
  if (!jupiter::WhatIsWrong(outline, text, most).empty()) __builtin_trap();
  if (!outline.usable() && jupiter::WhyNoOutline(outline).empty()) __builtin_trap();
  return 0;
}
