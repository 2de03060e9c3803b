#include "planning/partition/galaxy_fit.h"

#include <algorithm>

#include "planning/partition/search.h"

namespace jupiter {
namespace {

std::int64_t DivideUp(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

}  // namespace

GalaxyMemory::GalaxyMemory(const GalaxyProblem& problem)
    : problem_(problem), grains_(static_cast<int>(DivideUp(problem.columns, problem.grain))) {}

std::int64_t GalaxyMemory::Bytes(int device, int heads, int grains) const {
  const std::int64_t columns =
      std::min<std::int64_t>(problem_.columns, std::int64_t{grains} * problem_.grain);
  return problem_.fixed_bytes[Index(device)] +
         DivideUp(problem_.attention_bytes * heads, problem_.heads) +
         DivideUp(problem_.mlp_bytes * columns, problem_.columns);
}

std::int64_t GalaxyMemory::Spare(int device, int heads, int grains) const {
  return problem_.budget[Index(device)] - Bytes(device, heads, grains);
}

int GalaxyMemory::MostGrains(int device, int heads) const {
  int low = -1;  // fits, or nothing does
  int high = grains_ + 1;
  while (high - low > 1) {
    const int middle = low + (high - low) / 2;
    (Spare(device, heads, middle) >= 0 ? low : high) = middle;
  }
  return low;
}

GalaxyFit FitMost(const GalaxyMemory& memory) {
  // most[d][h]: grains on the devices before d, which have h heads; -1: they cannot.
  const std::size_t sizes = Index(memory.heads()) + 1;
  std::vector<std::vector<int>> most = {std::vector<int>(sizes, -1)};
  std::vector<std::vector<int>> chosen;  // heads of device d
  most[0][0] = 0;
  for (int device = 0; device < memory.devices(); ++device) {
    std::vector<int> next(sizes, -1);
    std::vector<int> choice(sizes, 0);
    for (int heads = 0; heads <= memory.heads(); ++heads) {
      const int grains = memory.MostGrains(device, heads);
      if (grains < 0) break;
      for (std::size_t before = 0; before + Index(heads) < sizes; ++before) {
        const int all = most.back()[before] + grains;
        const std::size_t h = before + Index(heads);
        if (most.back()[before] < 0 || all <= next[h]) continue;
        next[h] = all;
        choice[h] = heads;
      }
    }
    most.push_back(std::move(next));
    chosen.push_back(std::move(choice));
  }
  GalaxyFit fit;
  std::size_t heads = sizes - 1;
  if (most.back()[heads] < 0) return fit;
  fit.possible = true;
  fit.units.heads.resize(Index(memory.devices()));
  for (std::size_t d = chosen.size(); d-- > 0;) {
    fit.units.heads[d] = chosen[d][heads];
    fit.units.grains.insert(fit.units.grains.begin(),
                            memory.MostGrains(static_cast<int>(d), chosen[d][heads]));
    heads -= Index(chosen[d][heads]);
  }
  return fit;
}

}  // namespace jupiter
