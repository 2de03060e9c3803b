// Which slices to cut a prompt into, judged by the recurrence of a pipeline.
#pragma once

#include <functional>
#include <vector>

#include "planning/partition/sequence_partition.h"

namespace jupiter {

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
