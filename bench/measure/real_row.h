// Rows of measured cases, and what reports show of them.
//
// What is shown is computed from the row alone, so a row that --resume takes up shows what it
// showed when it was measured.
#pragma once

#include <benchmark/benchmark.h>

#include <vector>

#include "bench/measure/bench_case.h"
#include "bench/measure/real_case.h"
#include "bench/results/result_row.h"

namespace jupiter {

// What a row keeps of a request; `drafts`: of one that had some.
RequestSample SampleOf(const Sample& sample, bool drafts);

// Keeps the last `repetitions` calls among the samples of a row that ran: those before were to find
// out how many iterations a repetition has. Then sums up the samples in the row.
void Summarise(std::size_t repetitions, ResultRow& row);

// Of one repetition of the row.
benchmark::UserCounters CountersOf(const ResultRow& row, const std::vector<RequestSample>& samples);
// Of all its repetitions: the label, and the time that was computed.
CaseEnd EndOf(const ResultRow& row);

// A case that shows a kept row again.
BenchCase KeptCase(const ResultRow& row);

}  // namespace jupiter
