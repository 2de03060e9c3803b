// The flags of jupiter_bench.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "bench/flags/draft_flags.h"
#include "bench/flags/flags.h"

namespace jupiter {

struct BenchFlags {
  EngineFlags engine;
  DraftChoices draft;
  // "real", "paper", "ablation", "fair"; empty: the main job, real and paper, when nothing says
  // what to measure, else real (or what --emulate says).
  std::vector<std::string> suites;
  bool main_job = false;  // nothing says what to measure
  std::string out;        // a folder for rows; empty: none
  bool resume = false;
  std::vector<std::string> strategies;
  std::string prompt_tokens = "128";
  std::string tokens = "32";
  std::string reference;
  std::string fault;
  std::string emulate;                 // a cluster file: record, and replay on it
  std::string profile;                 // of the testbed; empty: as in the cluster file
  std::string bandwidths;              // Mbit/s, comma-separated; empty: as in the cluster file
  std::string save_records;            // a folder; empty: none
  bool explain = false;                // emulated cases
  char* program = nullptr;             // argv[0]
  std::vector<std::string> arguments;  // the command line
  // Flags that can change a number, by name: FlagSet::Values.
  std::vector<std::pair<std::string, std::string>> values;
  std::vector<std::string> benchmark;  // flags of Google Benchmark

  bool emulates() const { return !emulate.empty(); }
  bool asks_for_real() const;  // by --suite
  // Throw UserError that names the flag.
  std::vector<int> PromptLengths() const;
  std::vector<int> AnswerLengths() const;
};

// Throws UserError with one line for flags that are wrong, HelpRequest for --help.
BenchFlags ParseBenchFlags(int argc, char** argv);

}  // namespace jupiter
