// How many bytes Galaxy's shares need on each device, and whether any shares fit at all.
#pragma once

#include <cstdint>
#include <vector>

#include "planning/partition/galaxy.h"

namespace jupiter {

// Heads and grains of columns per device. The last grain of all may be a smaller one; it counts as
// a whole one here, so that it does not matter whose it is.
struct GalaxyUnits {
  std::vector<int> heads;   // [device]
  std::vector<int> grains;  // [device]
};

class GalaxyMemory {
 public:
  // The problem must outlive this.
  explicit GalaxyMemory(const GalaxyProblem& problem);

  int devices() const { return static_cast<int>(problem_.budget.size()); }
  int heads() const { return problem_.heads; }
  int grains() const { return grains_; }  // in all
  // For that many heads and grains on a device, rounded up.
  std::int64_t Bytes(int device, int heads, int grains) const;
  std::int64_t Spare(int device, int heads, int grains) const;
  // Most grains that fit beside the heads; -1 when the heads do not.
  int MostGrains(int device, int heads) const;

 private:
  const GalaxyProblem& problem_;
  int grains_;
};

// An assignment with as many grains as possible when all heads are placed: exact, O(|D| heads^2).
// `possible` is false when not even the heads fit.
struct GalaxyFit {
  bool possible = false;
  GalaxyUnits units;
};
GalaxyFit FitMost(const GalaxyMemory& memory);

}  // namespace jupiter
