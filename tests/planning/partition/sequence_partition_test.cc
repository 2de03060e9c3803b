// Cuts of prompts against all cuts, and the pipeline recurrence against a clock that ticks.
#include "planning/partition/sequence_partition.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "planning/partition/best_slicing.h"
#include "planning/partition/search.h"
#include "tests/planning/partition/stage_problems.h"

namespace jupiter {
namespace {

using Lengths = std::vector<int>;

double SlicingSeconds(const SequenceProblem& problem, const Lengths& lengths) {
  double sum = 0;
  double slowest = 0;
  int offset = 0;
  for (int length : lengths) {
    const double seconds = problem.seconds(length, offset);
    sum += seconds;
    slowest = std::max(slowest, seconds);
    offset += length;
  }
  return sum + (problem.stages - 1) * slowest;
}

bool IsAllowed(const SequenceProblem& problem, const Lengths& lengths) {
  if (problem.most && *std::max_element(lengths.begin(), lengths.end()) > *problem.most) {
    return false;
  }
  if (lengths.size() == 1) return lengths[0] == problem.tokens;
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    if (lengths[i] < problem.least) return false;
    if (i + 1 < lengths.size() && lengths[i] % problem.unit != 0) return false;
  }
  return Sum(lengths) == problem.tokens;
}

// Over every set of places to cut at, a bit each.
double TryAllSlicings(const SequenceProblem& problem) {
  const int places = (problem.tokens - 1) / problem.unit;
  double best = kNever;
  for (unsigned set = 0; set < 1u << places; ++set) {
    Lengths lengths;
    int begin = 0;
    for (int place = 1; place <= places; ++place) {
      if ((set >> (place - 1) & 1) == 0) continue;
      lengths.push_back(place * problem.unit - begin);
      begin = place * problem.unit;
    }
    lengths.push_back(problem.tokens - begin);
    if (IsAllowed(problem, lengths)) best = std::min(best, SlicingSeconds(problem, lengths));
  }
  return best;
}

// TeraPipe's dynamic program as it is written: once for every value that the slowest slice could
// have.
double TryAllBounds(const SequenceProblem& problem) {
  const int ends = (problem.tokens + problem.unit - 1) / problem.unit;
  const auto place = [&](int i) { return std::min(i * problem.unit, problem.tokens); };
  const auto cost = [&](int from, int to) {
    const int length = place(to) - place(from);
    return length < problem.least && length < problem.tokens ? kNever
                                                             : problem.seconds(length, place(from));
  };
  double best = kNever;
  for (int a = 0; a < ends; ++a) {
    for (int b = a + 1; b <= ends; ++b) {
      const double bound = cost(a, b);
      if (bound == kNever) continue;
      std::vector<double> f(static_cast<std::size_t>(ends) + 1, kNever);
      f[0] = 0;
      for (int to = 1; to <= ends; ++to) {
        for (int from = 0; from < to; ++from) {
          if (cost(from, to) > bound) continue;
          double& value = f[static_cast<std::size_t>(to)];
          value = std::min(value, f[static_cast<std::size_t>(from)] + cost(from, to));
        }
      }
      best = std::min(best, f.back() + (problem.stages - 1) * bound);
    }
  }
  return best;
}

// Any numbers at all, or a launch, a product and attention: sixteenths, so that sums are exact.
std::function<double(int, int)> RandomCosts(Draws& draws, int tokens) {
  if (draws.Int(0, 1) == 0) {
    const int launch = draws.Int(0, 60);
    const int token = draws.Int(1, 20);
    const int context = draws.Int(0, 3);
    return [=](int length, int offset) {
      return (launch + token * length + context * length * offset) / 16.0;
    };
  }
  std::vector<std::vector<double>> table(static_cast<std::size_t>(tokens) + 1);
  for (auto& row : table) {
    for (int offset = 0; offset < tokens; ++offset) row.push_back(draws.Seconds(100));
  }
  return [table](int length, int offset) {
    return table[static_cast<std::size_t>(length)][static_cast<std::size_t>(offset)];
  };
}

SequenceProblem RandomSequenceProblem(Draws& draws, int most_units) {
  SequenceProblem problem;
  problem.unit = draws.Int(1, 4);
  problem.tokens = problem.unit * draws.Int(1, most_units) - draws.Int(0, problem.unit - 1);
  problem.least = draws.Int(1, 6);
  problem.stages = draws.Int(1, 10);
  problem.seconds = RandomCosts(draws, problem.tokens);
  return problem;
}

TEST(PartitionSequenceTest, EqualsBruteForce) {
  Draws draws(21);
  int cut = 0;
  int merged = 0;
  for (int i = 0; i < kInstances; ++i) {
    const SequenceProblem problem = RandomSequenceProblem(draws, 12);
    const SequencePartition partition = PartitionSequence(problem);
    EXPECT_TRUE(IsAllowed(problem, partition.lengths)) << i;
    EXPECT_EQ(partition.objective, SlicingSeconds(problem, partition.lengths)) << i;
    EXPECT_EQ(partition.objective, TryAllSlicings(problem)) << i;
    if (partition.lengths.size() < 2) continue;
    ++cut;
    const int remainder = problem.tokens % problem.unit;
    if (remainder > 0 && partition.lengths.back() > problem.unit) ++merged;
  }
  EXPECT_GT(cut, kInstances / 4);
  EXPECT_GT(merged, 10);
}

TEST(PartitionSequenceTest, EqualsBruteForceWithALongestSlice) {
  Draws draws(23);
  int cut = 0;
  int impossible = 0;
  for (int i = 0; i < kInstances; ++i) {
    SequenceProblem problem = RandomSequenceProblem(draws, 12);
    problem.least = std::min(problem.least, problem.tokens);
    problem.most = draws.Int(problem.least, problem.tokens);
    const SequencePartition partition = PartitionSequence(problem);
    const double expected = TryAllSlicings(problem);
    EXPECT_EQ(partition.objective, expected) << i;
    impossible += expected == kNever ? 1 : 0;
    if (expected == kNever) {
      EXPECT_TRUE(partition.lengths.empty()) << i;
      continue;
    }
    EXPECT_TRUE(IsAllowed(problem, partition.lengths)) << i;
    cut += partition.lengths.size() > 1 ? 1 : 0;
  }
  EXPECT_GT(cut, kInstances / 4);
  EXPECT_GT(impossible, 10);
}

TEST(PartitionSequenceTest, SkipsNoBoundThatMatters) {
  Draws draws(22);
  for (int i = 0; i < 60; ++i) {
    SequenceProblem problem = RandomSequenceProblem(draws, 40);
    problem.stages = draws.Int(1, 70);
    EXPECT_EQ(PartitionSequence(problem).objective, TryAllBounds(problem)) << i;
  }
}

TEST(PartitionSequenceTest, ShortRemaindersAndPrompts) {
  SequenceProblem problem;
  problem.stages = 8;
  problem.seconds = [](int length, int) { return length / 16.0; };
  problem.unit = 8;
  problem.least = 8;
  problem.tokens = 27;
  EXPECT_EQ(PartitionSequence(problem).lengths, (Lengths{8, 8, 11}));
  problem.least = 3;
  EXPECT_EQ(PartitionSequence(problem).lengths, (Lengths{8, 8, 8, 3}));
  problem.least = 28;
  EXPECT_EQ(PartitionSequence(problem).lengths, Lengths{27});
  problem.unit = 100;
  problem.least = 1;
  EXPECT_EQ(PartitionSequence(problem).lengths, Lengths{27});
  problem.unit = 8;
  problem.stages = 1;  // nothing is gained, so the prompt stays whole
  EXPECT_EQ(PartitionSequence(problem).lengths, Lengths{27});
}

// A smooth cost and one with ripples, as measured times have.
TEST(PartitionSequenceTest, LongPrompts) {
  for (double ripple : {0.0, 0.1}) {
    SequenceProblem problem;
    problem.tokens = 4096;
    problem.unit = 8;
    problem.least = 8;
    problem.stages = 64;
    problem.seconds = [ripple](int length, int offset) {
      const CounterRng rng(static_cast<std::uint64_t>(length));
      const double noise = 1 + ripple * rng.Uniform(static_cast<std::uint64_t>(offset));
      return noise * (2e-3 + 1e-4 * length + 3e-8 * length * (offset + 0.5 * length));
    };
    const SequencePartition partition = PartitionSequence(problem);
    EXPECT_TRUE(IsAllowed(problem, partition.lengths));
  }
}

TEST(EqualSlicingsTest, FromWholeToTheShortestSlices) {
  EXPECT_EQ(EqualSlicings(10, 3, 100), (std::vector<Lengths>{{10}, {5, 5}, {4, 3, 3}}));
  EXPECT_EQ(EqualSlicings(10, 3, 2), (std::vector<Lengths>{{10}, {5, 5}}));
  EXPECT_EQ(EqualSlicings(2, 3, 5), std::vector<Lengths>{{2}});
  EXPECT_EQ(EqualSlicings(3, 1, 5), (std::vector<Lengths>{{3}, {2, 1}, {1, 1, 1}}));
}

// Time passes in ticks of a sixteenth. A stage that is free takes the next slice as soon as that
// has arrived.
std::vector<std::vector<double>> Tick(const PipelineTimes& times) {
  const std::size_t slices = times.seconds.size();
  const std::size_t stages = times.delay.size();
  const auto ticks = [](double seconds) { return static_cast<int>(16 * seconds); };
  std::vector<std::vector<double>> done(slices, std::vector<double>(stages, -1));
  std::vector<std::size_t> next(stages, 0);  // slice
  std::vector<int> left(stages, -1);         // ticks; -1: idle
  for (int now = 0; next.back() < slices; ++now) {
    bool changed = true;
    while (changed) {  // what takes no time happens in this very tick
      changed = false;
      for (std::size_t s = 0; s < stages; ++s) {
        const std::size_t i = next[s];
        if (i == slices) continue;
        const double came = s == 0 ? 0 : done[i][s - 1];
        if (left[s] < 0 && came >= 0 && now >= ticks(came) + ticks(times.delay[s])) {
          left[s] = ticks(times.seconds[i][s]);
        }
        if (left[s] != 0) continue;
        done[i][s] = now / 16.0;
        left[s] = -1;
        ++next[s];
        changed = true;
      }
    }
    for (int& l : left) l -= l > 0 ? 1 : 0;
  }
  return done;
}

TEST(CompletionsTest, EqualsATickingClock) {
  Draws draws(23);
  for (int i = 0; i < kInstances; ++i) {
    PipelineTimes times;
    const int stages = draws.Int(1, 7);
    const int longest_delay = draws.Int(0, 1) * 8;
    for (int s = 0; s < stages; ++s) times.delay.push_back(draws.Seconds(longest_delay));
    for (int slice = draws.Int(1, 6); slice > 0; --slice) {
      times.seconds.emplace_back();
      for (int s = 0; s < stages; ++s) times.seconds.back().push_back(draws.Seconds(10));
    }
    EXPECT_EQ(Completions(times), Tick(times)) << i;
  }
}

TEST(CompletionsTest, ObjectiveIsExactForLikeStagesWithoutTransfers) {
  Draws draws(24);
  for (int i = 0; i < 100; ++i) {
    const SequenceProblem problem = RandomSequenceProblem(draws, 12);
    const SequencePartition partition = PartitionSequence(problem);
    const std::size_t stages = static_cast<std::size_t>(problem.stages);
    PipelineTimes times;
    times.delay.assign(stages, 0.0);
    int offset = 0;
    for (int length : partition.lengths) {
      times.seconds.emplace_back(stages, problem.seconds(length, offset));
      offset += length;
    }
    EXPECT_EQ(Completions(times).back().back(), partition.objective) << i;
  }
}

// Two devices and a link that is slower than both.
double BehindALink(const SequenceProblem& problem, const Lengths& lengths) {
  PipelineTimes times;
  times.delay = {0, 0.125, 0};
  int offset = 0;
  for (int length : lengths) {
    const double seconds = problem.seconds(length, offset);
    times.seconds.push_back({seconds, 2 + length / 2.0, seconds});
    offset += length;
  }
  return Completions(times).back().back();
}

TEST(BestSlicingTest, IsTheBestCandidate) {
  Draws draws(25);
  int equal = 0;
  for (int i = 0; i < 200; ++i) {
    SequenceProblem problem = RandomSequenceProblem(draws, 12);
    problem.stages = 2;
    const auto predict = [&](const Lengths& lengths) { return BehindALink(problem, lengths); };
    const Lengths best = BestSlicing(problem, predict);
    std::vector<Lengths> candidates;
    for (int count = 1; count <= problem.tokens; ++count) {
      Lengths lengths(static_cast<std::size_t>(count), problem.tokens / count);
      for (int j = 0; j < problem.tokens % count; ++j) ++lengths[static_cast<std::size_t>(j)];
      if (count == 1 || lengths.back() >= problem.least) candidates.push_back(lengths);
    }
    equal += std::count(candidates.begin(), candidates.end(), best) > 0 ? 1 : 0;
    candidates.push_back(PartitionSequence(problem).lengths);
    EXPECT_EQ(std::count(candidates.begin(), candidates.end(), best) > 0, true) << i;
    for (const Lengths& candidate : candidates) {
      EXPECT_LE(predict(best), predict(candidate)) << i;
      if (predict(candidate) == predict(best)) {
        EXPECT_LE(best.size(), candidate.size()) << i;
      }
    }
  }
  EXPECT_GT(equal, 20);
  EXPECT_LT(equal, 180);
}

TEST(SequenceDeathTest, MalformedProblemsAreBugs) {
  SequenceProblem problem;
  problem.tokens = 4;
  EXPECT_DEATH(PartitionSequence(problem), "seconds");
  problem.seconds = [](int, int) { return -1.0; };
  EXPECT_DEATH(PartitionSequence(problem), "4 tokens behind 0: -1 s|1 tokens behind 0: -1 s");
  problem.seconds = [](int, int) { return kNever; };
  EXPECT_DEATH(PartitionSequence(problem), "inf s");
  problem.seconds = [](int, int) { return 1.0; };
  for (int SequenceProblem::*field : {&SequenceProblem::tokens, &SequenceProblem::least,
                                      &SequenceProblem::unit, &SequenceProblem::stages}) {
    SequenceProblem broken = problem;
    broken.*field = 0;
    EXPECT_DEATH(PartitionSequence(broken), "tokens > 0");
  }
  EXPECT_DEATH(Completions({{{1.0, 2.0}}, {0.0}}), "2 times for 1 stages");
  EXPECT_DEATH(EqualSlicings(0, 1, 1), "tokens > 0");
}

}  // namespace
}  // namespace jupiter
