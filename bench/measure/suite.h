// Cases of jupiter_bench of one kind.
//
// Google Benchmark runs on rank 0 alone, so iteration counts, filters and random order cannot
// diverge between ranks: the others do what rank 0 tells them, one command at a time.
#pragma once

#include <functional>
#include <string>

namespace jupiter {

class ResultsFolder;

// What the cases of a run found, at rank 0.
struct Outcome {
  bool invalid = false;   // some answer was wrong
  bool skipped = false;   // some case could not run
  bool measured = false;  // some case ran
};

class Suite {
 public:
  // Makes every other rank call Serve of the same suite with this command; this rank then does its
  // own part of it.
  using Tell = std::function<void(const std::string& command)>;

  Suite() = default;
  Suite(const Suite&) = delete;
  Suite& operator=(const Suite&) = delete;
  virtual ~Suite() = default;

  // What decides on its rows, one line of JSON; "" when it keeps none.
  virtual std::string Settings() const { return {}; }
  // Rank 0, before Register: saves its rows there, and takes those that are there for its own. The
  // folder outlives the suite.
  virtual void KeepIn(ResultsFolder&) {}
  // Rank 0: registers the cases with Google Benchmark. `tell` lives as long as they.
  virtual void Register(const Tell& tell) = 0;
  // The other ranks: their part of a command.
  virtual void Serve(const std::string& command) = 0;
  // Rank 0, behind the last case: what is to be said about all of them; to stdout if `to_stdout`.
  virtual void Conclude(bool to_stdout) { static_cast<void>(to_stdout); }
  // Of the cases so far.
  virtual Outcome outcome() const = 0;
};

}  // namespace jupiter
