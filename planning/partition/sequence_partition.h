// Jupiter's sequence partition: how to cut a prompt into slices for an intra-sequence pipeline.
//
// The paper's objective is sum t_i + (|D| - 1) max t_i with t(length, offset) of the slowest stage;
// the programme over candidate values of max t is TeraPipe's (Li et al., ICML 2021). It is exact
// only for equal stages without transfers, so plans are compared by the recurrence below, where
// every link is a stage of its own.
#pragma once

#include <functional>
#include <optional>
#include <vector>

namespace jupiter {

struct SequenceProblem {
  int tokens = 0;  // of the prompt
  int least = 1;   // tokens in a slice at least (a prompt shorter than that is one slice)
  std::optional<int> most = {};  // tokens in a slice at most, not less than `least`; or no limit
  int unit = 1;    // slices are multiples of it, but for the last one; a remainder shorter than
                   // `least` is merged into the slice before it
  int stages = 1;  // |D|
  // Seconds of the slowest stage for a slice of `length` tokens after `offset` others.
  std::function<double(int length, int offset)> seconds;
};

struct SequencePartition {
  std::vector<int> lengths;
  double objective = 0;  // sum t_i + (stages - 1) max t_i
};

// Optimal for the objective over slices that are multiples of `unit` (the last one takes the rest);
// any times are allowed, longer slices need not take longer. Empty, with an infinite objective,
// when `most` leaves no way to cut the prompt. One run of the dynamic program takes O(N^2) for N =
// tokens / unit; it runs for a few of the O(N^2) candidates for max t_i, the others are excluded by
// a bound (not by a tolerance). Calls `seconds` and holds 16 bytes for each of N^2 / 2 slices.
SequencePartition PartitionSequence(const SequenceProblem& problem);

// Lengths of at most `most` different equal slicings of the prompt, each slice at least `least`.
std::vector<std::vector<int>> EqualSlicings(int tokens, int least, int most);

// When each slice leaves each stage: C[i][s] = max(C[i-1][s], C[i][s-1] + delay[s]) +
// seconds[i][s]. Stages are devices and links in turn; delay[s] is what passes before stage s can
// begin on what stage s-1 has finished (latency), and occupies neither.
struct PipelineTimes {
  std::vector<std::vector<double>> seconds;  // [slice][stage]
  std::vector<double> delay;                 // [stage]
};
std::vector<std::vector<double>> Completions(const PipelineTimes& times);

// Of the paper's optimum and the equal slicings the one with the least predicted seconds; ties go
// to fewer slices. Empty when `most` allows neither.
std::vector<int> BestSlicing(const SequenceProblem& problem,
                             const std::function<double(const std::vector<int>&)>& predict);

}  // namespace jupiter
