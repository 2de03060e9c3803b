// Real cases of jupiter_bench, and how rank 0 names cases to the other ranks.
#pragma once

#include <string>
#include <vector>

#include "bench/flags/draft_flags.h"
#include "parallel/transport/transport.h"

namespace jupiter {

struct Case {
  std::string strategy;
  int prompt_tokens = 0;
  int tokens = 0;
  bool all_cores = false;  // rank 0 computes with every core of its host
  int drafting = -1;       // which of those that the flags name; below 0: plain decoding
  bool operator==(const Case&) const = default;
};

// real/<model>/<strategy>[/<drafts>]/pp<P>/tg<G>; <strategy> is local-all-cores for such a case.
std::string CaseName(const std::string& model, const Case& which, const std::string& drafts = {});
// <drafts> of a case; empty of plain decoding.
std::string DraftsOf(const Case& which, const std::vector<DraftFlags>& draftings);
// A model's name without folders, fit for a case name.
std::string ShortModelName(const std::string& model);

// What rank 0 tells the others to do next.
struct Command {
  int suite = -1;    // by place; below 0: the end
  std::string text;  // for Suite::Serve
};

// At rank 0: tells all others. They wait in ReceiveCommand.
void SendCommand(Transport& transport, const Command& command);
Command ReceiveCommand(Transport& transport);

}  // namespace jupiter
