// The cases of jupiter_bench, and how rank 0 names them to the other ranks.
//
// Google Benchmark runs on rank 0 alone, so iteration counts, filters and random order cannot
// diverge between ranks: the others do what they are told, one command at a time.
#pragma once

#include <string>
#include <vector>

#include "parallel/transport.h"

namespace jupiter {

struct Case {
  std::string strategy;
  int prompt_tokens = 0;
  int tokens = 0;
  bool all_cores = false;  // rank 0 computes with every core of its host
  bool operator==(const Case&) const = default;
};

// real/<model>/<strategy>/pp<P>/tg<G>; <strategy> is local-all-cores for such a case.
std::string CaseName(const std::string& model, const Case& which);
// A model's name without folders, fit for a case name.
std::string ShortModelName(const std::string& model);

struct Command {
  enum class Kind { kOpen, kRun, kStop };
  Kind kind = Kind::kStop;
  Case which;  // kOpen
};

// At rank 0: tells all others. They wait in ReceiveCommand.
void SendCommand(Transport& transport, const Command& command);
Command ReceiveCommand(Transport& transport);

}  // namespace jupiter
