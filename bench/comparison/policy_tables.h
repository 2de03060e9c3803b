// Tables of systems under several policies, from saved rows only.
#pragma once

#include <string>
#include <vector>

#include "bench/comparison/accounting.h"
#include "bench/paper/row_index.h"
#include "bench/results/text_table.h"

namespace jupiter {

inline constexpr int kPolicyKeys = 4;
inline constexpr int kRoundKeys = 5;
inline constexpr int kSensitivityKeys = 1;

// Seconds by an accounting: a row per network, model and policy, a column per system; with several
// systems also the best one but jupiter, and how many times as fast jupiter is.
TextTable PolicyTable(const RowIndex& rows, const PaperExperiment& experiment,
                      const std::string& profile, Accounting accounting);

// Where the time of a system's answers goes, a row per network, model and policy.
TextTable PhaseTable(const RowIndex& rows, const PaperExperiment& experiment,
                     const std::string& profile, const std::string& system);

// While all requests of an answer decode: replayed round, requests in flight and utilisation beside
// those of the formula (planning/replay/round_time.h).
TextTable RoundTable(const RowIndex& rows, const PaperExperiment& experiment,
                     const std::string& profile, const std::string& system);

// One cell with one key of the workload changed at a time.
TextTable SensitivityTable(const RowIndex& rows, const Sensitivity& of);

// jupiter against the best other system under the same policy, one line per profile and policy.
std::vector<std::string> HeadlinesOf(const RowIndex& rows, const PaperExperiment& experiment,
                                     Accounting accounting);

// What outlines and drafts gain jupiter, one line per profile.
std::vector<std::string> GainsOf(const RowIndex& rows, const PaperExperiment& experiment);

}  // namespace jupiter
