// Good bytes made bad: gets a fuzzer past the magic and the counts at once.
#pragma once

#include <fuzzer/FuzzedDataProvider.h>

#include <cstdint>
#include <cstring>
#include <string>

namespace jupiter {

// Overwrites, inserts, erases or cuts at a few places that the input chooses.
inline std::string Damaged(FuzzedDataProvider& data, std::string bytes) {
  for (int damages = data.ConsumeIntegralInRange(0, 4); damages > 0; --damages) {
    const auto at = data.ConsumeIntegralInRange<std::size_t>(0, bytes.size());
    switch (data.ConsumeIntegralInRange(0, 4)) {
      case 0: {
        const auto number = data.ConsumeIntegral<std::uint64_t>();
        const std::size_t width = data.PickValueInArray<std::size_t>({1, 4, 8});
        bytes.replace(at, width, reinterpret_cast<const char*>(&number), width);
        break;
      }
      case 1: bytes.insert(at, data.ConsumeRandomLengthString(40)); break;
      case 2: bytes.erase(at, data.ConsumeIntegralInRange<std::size_t>(0, 64)); break;
      case 3: bytes.resize(at); break;
      case 4: {
        const std::string text = data.ConsumeRandomLengthString(16);
        bytes.replace(at, text.size(), text);
        break;
      }
    }
  }
  return bytes;
}

}  // namespace jupiter
