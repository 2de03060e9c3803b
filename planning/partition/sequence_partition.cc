#include "planning/partition/sequence_partition.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <queue>
#include <utility>

#include "kernels/base/check.h"
#include "planning/partition/search.h"

namespace jupiter {
namespace {

// Where a prompt may be cut, and the seconds of a slice between two such places.
class SliceCosts {
 public:
  explicit SliceCosts(const SequenceProblem& problem);

  int ends() const { return static_cast<int>(cuts_.size()) - 1; }
  int cut(int i) const { return cuts_[Index(i)]; }
  // From cut `begin` to cut `end` > begin; infinity for a slice that is too short or too long.
  double Seconds(int begin, int end) const { return rows_[Index(begin)][Index(end - begin - 1)]; }
  // Of the slice from `begin` to `end` or further, the one that takes least.
  double LeastFrom(int begin, int end) const {
    return least_from_[Index(begin)][Index(end - begin - 1)];
  }
  // The different finite ones in ascending order.
  std::vector<double> Values() const;

 private:
  std::vector<int> cuts_;
  std::vector<std::vector<double>> rows_;        // [begin][end - begin - 1]
  std::vector<std::vector<double>> least_from_;  // [begin][end - begin - 1]
};

SliceCosts::SliceCosts(const SequenceProblem& problem) {
  for (std::int64_t at = 0; at < problem.tokens; at += problem.unit) {
    cuts_.push_back(static_cast<int>(at));
  }
  cuts_.push_back(problem.tokens);
  rows_.resize(Index(ends()));
  for (int begin = 0; begin < ends(); ++begin) {
    std::vector<double>& row = rows_[Index(begin)];
    for (int end = begin + 1; end <= ends(); ++end) {
      const int length = cut(end) - cut(begin);
      const bool whole = length == problem.tokens;
      const bool allowed =
          (length >= problem.least || whole) && (!problem.most || length <= *problem.most);
      row.push_back(allowed ? problem.seconds(length, cut(begin)) : kNever);
      JUPITER_CHECK(row.back() >= 0 && (!allowed || row.back() < kNever),
                    "{} tokens behind {}: {} s", length, cut(begin), row.back());
    }
    least_from_.push_back(row);
    std::vector<double>& least = least_from_.back();
    for (std::size_t i = least.size() - 1; i > 0; --i) {
      least[i - 1] = std::min(least[i - 1], least[i]);
    }
  }
}

std::vector<double> SliceCosts::Values() const {
  std::vector<double> values;
  for (const std::vector<double>& row : rows_) {
    std::copy_if(row.begin(), row.end(), std::back_inserter(values),
                 [](double seconds) { return seconds < kNever; });
  }
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return values;
}

// The cut with the least sum of seconds among those without a slice above some bound.
struct BoundedCut {
  double sum = kNever;  // infinity: there is none
  double slowest = 0;
  std::vector<int> lengths;
};

// O(N^2) for N units, less when the bound excludes long slices. Of equally good cuts the one whose
// last slice is longest, and so on forwards.
BoundedCut CutWithin(const SliceCosts& costs, double bound) {
  std::vector<double> sum(Index(costs.ends()) + 1, kNever);
  std::vector<int> from(sum.size(), 0);
  sum[0] = 0;
  for (int begin = 0; begin < costs.ends(); ++begin) {
    if (sum[Index(begin)] == kNever) continue;
    for (int end = begin + 1; end <= costs.ends() && costs.LeastFrom(begin, end) <= bound; ++end) {
      const double seconds = costs.Seconds(begin, end);
      if (seconds > bound || sum[Index(begin)] + seconds >= sum[Index(end)]) continue;
      sum[Index(end)] = sum[Index(begin)] + seconds;
      from[Index(end)] = begin;
    }
  }
  BoundedCut cut;
  cut.sum = sum.back();
  if (cut.sum == kNever) return cut;
  for (int end = costs.ends(); end > 0; end = from[Index(end)]) {
    const int begin = from[Index(end)];
    cut.slowest = std::max(cut.slowest, costs.Seconds(begin, end));
    cut.lengths.push_back(costs.cut(end) - costs.cut(begin));
  }
  std::reverse(cut.lengths.begin(), cut.lengths.end());
  return cut;
}

// The least bound under which there is a cut at all: a dynamic program of its own, O(N^2).
double LeastBound(const SliceCosts& costs) {
  std::vector<double> slowest(Index(costs.ends()) + 1, kNever);
  slowest[0] = 0;
  for (int begin = 0; begin < costs.ends(); ++begin) {
    for (int end = begin + 1; end <= costs.ends(); ++end) {
      const double seconds = std::max(slowest[Index(begin)], costs.Seconds(begin, end));
      slowest[Index(end)] = std::min(slowest[Index(end)], seconds);
    }
  }
  return slowest.back();
}

// Searches the candidate bounds best first. The sum falls as the bound rises, so between two bounds
// that have been tried no plan is better than the sum at the upper one with the lowest bound
// between them. That excludes nearly all candidates, and none that could be better.
class BoundSearch {
 public:
  BoundSearch(const SliceCosts& costs, int stages)
      : costs_(costs), idle_(stages - 1), values_(costs.Values()) {}

  SequencePartition Run();

 private:
  // Candidates strictly between the indices are untried; `sum` is that at the upper one.
  struct Interval {
    double least = 0;  // of the objective
    int low = 0;
    int high = 0;
    double sum = 0;
    // A priority queue has the largest on top.
    bool operator<(const Interval& other) const {
      return least != other.least ? least > other.least : low > other.low;
    }
  };

  // The sum at a bound, and the index of the slice time that the bound let pass.
  struct Trial {
    double sum = 0;
    int slowest = 0;
  };
  Trial Try(int index);
  void Push(int low, int high, double sum);
  int IndexOf(double value) const {
    return static_cast<int>(std::lower_bound(values_.begin(), values_.end(), value) -
                            values_.begin());
  }

  const SliceCosts& costs_;
  const double idle_;
  const std::vector<double> values_;
  SequencePartition best_ = {{}, kNever};
  std::priority_queue<Interval> open_;
};

BoundSearch::Trial BoundSearch::Try(int index) {
  BoundedCut cut = CutWithin(costs_, values_[Index(index)]);
  JUPITER_CHECK(cut.sum < kNever);
  const double objective = cut.sum + idle_ * cut.slowest;
  if (objective < best_.objective) best_ = {std::move(cut.lengths), objective};
  return {cut.sum, IndexOf(cut.slowest)};
}

void BoundSearch::Push(int low, int high, double sum) {
  if (high - low < 2) return;
  open_.push({sum + idle_ * values_[Index(low) + 1], low, high, sum});
}

SequencePartition BoundSearch::Run() {
  const double least_bound = LeastBound(costs_);
  if (least_bound == kNever) return best_;
  const int lowest = IndexOf(least_bound);
  const Trial highest = Try(static_cast<int>(values_.size()) - 1);
  if (lowest < highest.slowest) {
    Try(lowest);
    Push(lowest, highest.slowest, highest.sum);
  }
  while (!open_.empty() && open_.top().least < best_.objective) {
    const Interval interval = open_.top();
    open_.pop();
    const int middle = interval.low + (interval.high - interval.low) / 2;
    const Trial trial = Try(middle);
    // Every bound between its slowest slice and `middle` gives the same cut.
    Push(interval.low, trial.slowest, trial.sum);
    Push(middle, interval.high, interval.sum);
  }
  return best_;
}

}  // namespace

SequencePartition PartitionSequence(const SequenceProblem& problem) {
  JUPITER_CHECK(problem.tokens > 0 && problem.least > 0 && problem.unit > 0 && problem.stages > 0);
  JUPITER_CHECK(!problem.most || *problem.most >= std::min(problem.least, problem.tokens));
  JUPITER_CHECK(problem.seconds != nullptr);
  const SliceCosts costs(problem);
  return BoundSearch(costs, problem.stages).Run();
}

}  // namespace jupiter
