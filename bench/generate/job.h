// What jupiter_run does with a session: it answers one prompt, answers a question by way of an
// outline, or answers a file of requests.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bench/flags/flags.h"
#include "bench/flags/job_flags.h"
#include "parallel/session/session.h"

namespace jupiter {

// What a session must have room for; lengths do not count rows in flight (RowsInFlight).
struct JobSize {
  int prompt_tokens = 1;         // of the longest prompt
  std::int64_t positions = 2;    // of the longest prompt with its answer
  bool shorter_prompts = false;  // prompts of fewer tokens come, too
  int requests = 1;              // at once
  std::int64_t kv_positions =
      0;  // of all at once, rows in flight counted; 0: the product of the others
};
// Rank 0's size, in the options of every rank. Collective.
void ShareSize(Transport& transport, const JobSize& size, SessionOptions& options);

struct JobInputs {
  const EngineFlags& engine;
  const ModelConfig& config;
  int rows_in_flight = 0;  // of a request
};

// References outlive the run.
struct JobRun {
  Transport& transport;
  Session& session;
  const RunOptions& options;
  Recorder* recorder = nullptr;  // or none
  bool prints = true;            // whether there are tokens to print
};

// Of the source; the other ranks have nothing.
struct JobOutcome {
  std::vector<Generation> generations;  // of the answer, in the order of its parts
  std::string report;                   // lines for stderr
};

class Job {
 public:
  Job() = default;
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;
  virtual ~Job() = default;

  // The source reads prompts and files, and says what will be needed. Throws UserError.
  virtual JobSize Open(const JobInputs& inputs) = 0;
  // Writes the answer to stdout and notes to stderr. Collective; throws UserError on all ranks.
  virtual JobOutcome Run(const JobRun& run) = 0;
  // Of one prompt with one answer, at the source.
  virtual std::vector<std::int32_t> prompt() const { return {}; }
};

// What the flags ask for. They outlive it.
std::unique_ptr<Job> MakeJob(const JobFlags& flags);

// One file each.
std::unique_ptr<Job> MakeAnswerJob(const JobFlags& flags);
std::unique_ptr<Job> MakeOutlineJob(const JobFlags& flags);
std::unique_ptr<Job> MakeRequestsJob(const JobFlags& flags);

}  // namespace jupiter
