// Jupiter's sequence partition: how to cut a prompt into slices for an intra-sequence pipeline.
//
// The paper's objective is sum t_i + (|D| - 1) max t_i with t(length, offset) of the slowest stage;
// the dynamic program over candidate values of max t is TeraPipe's (Li et al., ICML 2021). It is
// exact only for equal stages without transfers, so plans are compared by the recurrence below,
// where every link is a stage of its own.
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

}  // namespace jupiter
