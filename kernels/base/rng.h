// Counter-based random numbers: the value at an index needs no state, so any share of a synthetic
// tensor can be generated alone, on any machine, with the same bits.
#pragma once

#include <cstdint>
#include <string_view>

namespace jupiter {

// The finaliser of splitmix64 (Steele, Lea, Flood 2014): a bijection that scrambles 64 bits.
constexpr std::uint64_t Mix64(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ull;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
  return x ^ (x >> 31);
}

// FNV-1a, 64 bits.
constexpr std::uint64_t HashBytes(std::string_view bytes,
                                  std::uint64_t hash = 0xcbf29ce484222325ull) {
  for (char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ull;
  return hash;
}

class CounterRng {
 public:
  explicit constexpr CounterRng(std::uint64_t seed) : seed_(Mix64(seed)) {}
  constexpr std::uint64_t Bits(std::uint64_t index) const { return Mix64(seed_ ^ Mix64(index)); }
  // Uniform in [0, 1), 24 bits.
  constexpr float Uniform(std::uint64_t index) const {
    return static_cast<float>(Bits(index) >> 40) * 0x1p-24f;
  }

 private:
  std::uint64_t seed_;
};

}  // namespace jupiter
