// Galaxy's shares against its two steps written out plainly, and against all shares there are.
#include "planning/partition/galaxy.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <numeric>

#include "planning/partition/search.h"
#include "tests/planning/partition/stage_problems.h"

namespace jupiter {
namespace {

using Ints = std::vector<int>;

// Heads and columns in units whose bytes are whole numbers.
GalaxyProblem RandomGalaxyProblem(Draws& draws) {
  GalaxyProblem problem;
  const int devices = draws.Int(1, 4);
  problem.heads = draws.Int(1, 8);
  problem.grain = draws.Int(1, 3);
  problem.columns = problem.grain * draws.Int(1, 10);
  problem.attention_bytes = problem.heads * draws.Int(1, 12);
  problem.mlp_bytes = problem.columns * draws.Int(1, 4);
  const int all = static_cast<int>(problem.attention_bytes + problem.mlp_bytes);
  const int ample = draws.Int(0, 2);
  for (int d = 0; d < devices; ++d) {
    problem.attention_seconds.push_back(draws.Int(1, 64) / 16.0);
    problem.mlp_seconds.push_back(draws.Int(1, 64) / 16.0);
    problem.fixed_bytes.push_back(draws.Int(0, 5));
    problem.budget.push_back(draws.Int(all / devices / 2, all / devices * (1 + ample) + 8));
  }
  return problem;
}

std::int64_t Spare(const GalaxyProblem& problem, std::size_t d, int heads, int columns) {
  return problem.budget[d] - problem.fixed_bytes[d] -
         heads * (problem.attention_bytes / problem.heads) -
         columns * (problem.mlp_bytes / problem.columns);
}

double SlowestSeconds(const GalaxyProblem& problem, const Ints& heads, const Ints& columns) {
  double attention = 0;
  double mlp = 0;
  for (std::size_t d = 0; d < heads.size(); ++d) {
    attention = std::max(attention, heads[d] * problem.attention_seconds[d] / problem.heads);
    mlp = std::max(mlp, columns[d] * problem.mlp_seconds[d] / problem.columns);
  }
  return attention + mlp;
}

// By largest remainder, to the devices of the map; ties go to the lower number.
void Distribute(int units, const std::map<std::size_t, double>& capacity, int size, Ints& shares) {
  double whole = 0;
  for (const auto& entry : capacity) whole += entry.second;
  std::vector<std::pair<double, std::size_t>> remainders;
  int given = 0;
  for (const auto& entry : capacity) {
    const double exact = units * entry.second / whole;
    shares[entry.first] += size * static_cast<int>(exact);
    given += static_cast<int>(exact);
    remainders.push_back({std::floor(exact) - exact, entry.first});
  }
  std::sort(remainders.begin(), remainders.end());
  for (std::size_t i = 0; given < units; ++i, ++given) shares[remainders[i].second] += size;
}

struct Steps {
  bool done = false;
  bool moved = false;
  Ints heads;
  Ints columns;
};

Steps PlainSteps(const GalaxyProblem& problem) {
  const std::size_t devices = problem.budget.size();
  Steps steps{false, false, Ints(devices, 0), Ints(devices, 0)};
  std::map<std::size_t, double> open;
  for (std::size_t d = 0; d < devices; ++d) {
    open[d] = 1 / (problem.attention_seconds[d] + problem.mlp_seconds[d]);
  }
  Distribute(problem.heads, open, 1, steps.heads);
  Distribute(problem.columns / problem.grain, open, problem.grain, steps.columns);
  while (true) {
    std::size_t d = 0;
    while (d < devices && Spare(problem, d, steps.heads[d], steps.columns[d]) >= 0) ++d;
    if (d == devices) break;
    steps.moved = true;
    open.erase(d);
    const int heads_before = steps.heads[d];
    const int columns_before = steps.columns[d];
    while (Spare(problem, d, steps.heads[d], steps.columns[d]) < 0) {
      if (steps.columns[d] > 0) {
        steps.columns[d] -= problem.grain;
      } else if (steps.heads[d] > 0) {
        --steps.heads[d];
      } else {
        return steps;
      }
    }
    std::map<std::size_t, double> receivers;
    for (const auto& entry : open) {
      const std::size_t r = entry.first;
      if (Spare(problem, r, steps.heads[r], steps.columns[r]) > 0) receivers.insert(entry);
    }
    if (receivers.empty()) return steps;
    Distribute((columns_before - steps.columns[d]) / problem.grain, receivers, problem.grain,
               steps.columns);
    Distribute(heads_before - steps.heads[d], receivers, 1, steps.heads);
  }
  steps.done = true;
  return steps;
}

// The least slowest_seconds of all shares that fit; infinity when none do.
double TryAllShares(const GalaxyProblem& problem) {
  const int devices = static_cast<int>(problem.budget.size());
  double best = kNever;
  std::vector<Ints> all_columns;
  ForEachComposition(problem.columns / problem.grain, devices, 0, [&](Ints columns) {
    for (int& c : columns) c *= problem.grain;
    all_columns.push_back(columns);
  });
  ForEachComposition(problem.heads, devices, 0, [&](const Ints& heads) {
    for (const Ints& columns : all_columns) {
      bool fits = true;
      for (std::size_t d = 0; d < heads.size() && fits; ++d) {
        fits = Spare(problem, d, heads[d], columns[d]) >= 0;
      }
      if (fits) best = std::min(best, SlowestSeconds(problem, heads, columns));
    }
  });
  return best;
}

// The least that the slowest device could take for its columns with these heads.
double LeastMlpSeconds(const GalaxyProblem& problem, const Ints& heads) {
  double best = kNever;
  const int devices = static_cast<int>(heads.size());
  ForEachComposition(problem.columns / problem.grain, devices, 0, [&](const Ints& grains) {
    double slowest = 0;
    for (std::size_t d = 0; d < heads.size(); ++d) {
      const int columns = grains[d] * problem.grain;
      if (Spare(problem, d, heads[d], columns) < 0) return;
      slowest = std::max(slowest, columns * problem.mlp_seconds[d] / problem.columns);
    }
    best = std::min(best, slowest);
  });
  return best;
}

TEST(GalaxyTest, FollowsItsStepsAndMissesNoMemory) {
  Draws draws(31);
  int feasible = 0;
  int moved = 0;
  int rescued = 0;
  std::vector<double> ratios;
  for (int i = 0; i < kInstances; ++i) {
    const GalaxyProblem problem = RandomGalaxyProblem(draws);
    const Steps steps = PlainSteps(problem);
    const double best = TryAllShares(problem);
    const GalaxyShares shares = PlanGalaxy(problem);
    ASSERT_EQ(shares.feasible, best < kNever) << i << ": " << shares.reason;
    EXPECT_EQ(shares.feasible, shares.reason.empty());
    if (!shares.feasible) {
      EXPECT_FALSE(steps.done);
      continue;
    }
    ++feasible;
    rescued += steps.done ? 0 : 1;
    if (!steps.done) {
      const double attention = SlowestSeconds(problem, shares.heads, Ints(shares.heads.size(), 0));
      EXPECT_EQ(shares.slowest_seconds, attention + LeastMlpSeconds(problem, shares.heads)) << i;
    }
    moved += steps.done && steps.moved ? 1 : 0;
    if (steps.done) {
      EXPECT_EQ(shares.heads, steps.heads) << i;
      EXPECT_EQ(shares.columns, steps.columns) << i;
    }
    EXPECT_EQ(Sum(shares.heads), problem.heads);
    EXPECT_EQ(Sum(shares.columns), problem.columns);
    for (std::size_t d = 0; d < shares.heads.size(); ++d) {
      EXPECT_GE(Spare(problem, d, shares.heads[d], shares.columns[d]), 0) << i;
      EXPECT_EQ(shares.columns[d] % problem.grain, 0);
      EXPECT_GE(std::min(shares.heads[d], shares.columns[d]), 0);
    }
    EXPECT_EQ(shares.slowest_seconds, SlowestSeconds(problem, shares.heads, shares.columns)) << i;
    EXPECT_GE(shares.slowest_seconds, best * (1 - 1e-12));
    ratios.push_back(shares.slowest_seconds / best);
  }
  std::sort(ratios.begin(), ratios.end());
  std::printf(
      "[   galaxy ] %d of %d fit, %d after moving, %d where the steps alone fail; slowest seconds "
      "over the best: median %.3f, 90%% %.3f, worst %.3f\n",
      feasible, kInstances, moved, rescued, ratios[ratios.size() / 2],
      ratios[ratios.size() * 9 / 10], ratios.back());
  EXPECT_GT(feasible, kInstances / 4);
  EXPECT_LT(feasible, kInstances * 3 / 4);
  EXPECT_GT(moved, 50);
  EXPECT_GT(rescued, 0);
}

GalaxyProblem FourDevices() {
  GalaxyProblem problem;
  problem.heads = 32;
  problem.columns = 11008;
  problem.grain = 64;
  problem.attention_seconds = {1, 2, 2, 4};
  problem.mlp_seconds = {2, 4, 4, 8};
  problem.attention_bytes = 32 * 1000;
  problem.mlp_bytes = 11008 * 10;
  problem.fixed_bytes = {500, 100, 100, 100};
  problem.budget.assign(4, 1000000);
  return problem;
}

TEST(GalaxyTest, SharesAreProportionalWhenMemoryIsAmple) {
  const GalaxyShares shares = PlanGalaxy(FourDevices());
  const double capacities[] = {4, 2, 2, 1};
  for (std::size_t d = 0; d < 4; ++d) {
    EXPECT_LT(std::abs(shares.heads[d] - 32 * capacities[d] / 9), 1);
    EXPECT_LT(std::abs(shares.columns[d] - 11008 * capacities[d] / 9), 64);
  }
  GalaxyProblem like = FourDevices();
  like.attention_seconds.assign(4, 1);
  like.mlp_seconds.assign(4, 2);
  EXPECT_EQ(PlanGalaxy(like).heads, (Ints{8, 8, 8, 8}));
  EXPECT_EQ(PlanGalaxy(like).columns, (Ints{2752, 2752, 2752, 2752}));
  EXPECT_EQ(PlanGalaxy(like).slowest_seconds, 0.75);
}

// No device takes more than 15 of the 32 heads.
TEST(GalaxyTest, SaysWhenHeadsFindNoPlaces) {
  GalaxyProblem problem = FourDevices();
  problem.mlp_bytes = 0;
  problem.budget = {500 + 15999, 100 + 15999, 100 + 999, 100 + 999};
  EXPECT_EQ(PlanGalaxy(problem).reason.substr(0, 34), "no places for 32 whole heads, alth");
  problem.budget[2] = 100 + 2000;
  EXPECT_EQ(PlanGalaxy(problem).heads, (Ints{15, 15, 2, 0}));
}

// Device 0 gives up columns and keeps its heads; when that is not enough, heads as well.
TEST(GalaxyTest, ColumnsGoBeforeHeads) {
  const GalaxyShares ample = PlanGalaxy(FourDevices());
  GalaxyProblem problem = FourDevices();
  problem.budget[0] = 500 + ample.heads[0] * 1000 + 640 + 639;  // ten columns' worth less than two
  GalaxyShares shares = PlanGalaxy(problem);
  EXPECT_EQ(shares.heads, ample.heads);
  EXPECT_EQ(shares.columns[0], 64);
  EXPECT_EQ(Sum(shares.columns), 11008);
  problem.budget[0] = 500 + 3999;
  shares = PlanGalaxy(problem);
  EXPECT_EQ(shares.heads[0], 3);
  EXPECT_EQ(shares.columns[0], 0);
  EXPECT_EQ(Sum(shares.heads), 32);
}

// 100 columns in grains of 32: the last grain of all has four.
TEST(GalaxyTest, TheLastGrainMayBeSmaller) {
  GalaxyProblem problem = FourDevices();
  problem.columns = 100;
  problem.grain = 32;
  problem.attention_seconds.assign(4, 1);
  problem.mlp_seconds.assign(4, 1);
  EXPECT_EQ(PlanGalaxy(problem).columns, (Ints{32, 32, 32, 4}));
}

TEST(GalaxyTest, SaysHowManyBytesAreShort) {
  const auto reason = [](std::vector<std::int64_t> budget) {
    GalaxyProblem problem = FourDevices();
    problem.budget = std::move(budget);
    const GalaxyShares shares = PlanGalaxy(problem);
    EXPECT_FALSE(shares.feasible);
    return shares.reason.substr(0, shares.reason.find(';'));
  };
  // 142080 bytes to share and 800 that every device has.
  EXPECT_EQ(reason({30000, 30000, 30000, 30000}), "all devices together are 22880 B short");
  EXPECT_EQ(reason({490, 300000, 300000, 300000}),
            "device 0 is 10 B short of what it has in any case (500 B)");
  // Heads have 1000 bytes and grains 640, so shares are multiples of 40 bytes.
  EXPECT_EQ(reason({500 + 35519, 100 + 35519, 100 + 35519, 100 + 35523}),
            "grains of 64 columns without a place: 1, although all devices together have 0 B "
            "to spare");
}

TEST(GalaxyDeathTest, MalformedProblemsAreBugs) {
  GalaxyProblem problem = FourDevices();
  problem.heads = 0;
  EXPECT_DEATH(PlanGalaxy(problem), "heads > 0");
  problem = FourDevices();
  problem.mlp_seconds.pop_back();
  EXPECT_DEATH(PlanGalaxy(problem), "mlp_seconds");
  problem = FourDevices();
  problem.attention_seconds[2] = problem.mlp_seconds[2] = 0;
  EXPECT_DEATH(PlanGalaxy(problem), "device 2: 0 and 0 s");
  problem = FourDevices();
  problem.budget[3] = -1;
  EXPECT_DEATH(PlanGalaxy(problem), "budget");
}

}  // namespace
}  // namespace jupiter
