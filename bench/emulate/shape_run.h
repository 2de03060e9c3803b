// Requests of which only the sizes are known: what runs where nothing is computed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "parallel/session/session.h"

namespace jupiter {

struct ShapeRequest {
  int prompt = 1;  // tokens, after the prefix
  int tokens = 1;  // of the answer, the one after the prompt included
};

// Requests that run together.
struct ShapeSet {
  int prefix = 0;  // tokens of the prompt that they share; 0: they share none
  std::vector<ShapeRequest> requests;
};

// Sets that run one after the other, each when the one before is known.
struct ShapeRun {
  std::vector<ShapeSet> sets;
  std::optional<DrawnDrafts> drafts;  // none: plain decoding
  std::string heads;  // that draft, see OpenMedusa; empty: their ops are not recorded
};

// Distinct lengths of everything that is computed as a prompt, prefixes included, and the longest
// whole one, rising.
std::vector<int> PromptLengths(const ShapeRun& run);
int MostRequests(const ShapeRun& run);
// Keys and values that are held at once, in positions: prefixes once, and rows in flight.
std::int64_t HeldPositions(const ShapeRun& run);
// Makes the options those of a session that can run it.
void SizeFor(SessionOptions& options, const ShapeRun& run);
// One line that no other run has.
std::string KeyOf(const ShapeRun& run);

// Runs it on a device that computes nothing, all sets into one record. Collective.
void RunShapes(Session& session, const ShapeRun& run, Recorder& recorder);

}  // namespace jupiter
