// The loop of decoding over any strategy: one request or several, with or without drafts.
//
// The source submits prompts in slices, then steps: the ready requests' items, in batches. The head
// judges a batch and returns what its items yield; all other ranks serve. Batches follow one
// another through the stages, so requests (or the trees of one) keep all of them busy. Nothing
// depends on time: verdicts come in the order of batches. (Cancellations only spare stages useless
// work, see cancels.h.)
#pragma once

#include <functional>
#include <vector>

#include "parallel/decoding/judge.h"
#include "parallel/decoding/request_state.h"
#include "parallel/strategies/strategy.h"

namespace jupiter {

// The same on all ranks, except for the objects, which are where they are needed.
struct DecodingOptions {
  DraftPolicy draft;                    // the drafter at the source
  HeadDrafter* head_drafter = nullptr;  // at the head; may be null
  TargetJudge* judge = nullptr;         // at the head
  std::int32_t vocab = 0;               // of the model
  int most_requests = 1;                // that have rows in the stages at once
  // Batches of steps in flight at once. The requests are spread over this many; those that are
  // ready wait until there is room for another batch. So it does not matter how they came to be
  // ready.
  int most_batches = 1;
  std::vector<int> cancelled_ranks;  // the head sends cancellations to these
};

// What every loop works on. References outlive the call.
struct DecodingPlace {
  Strategy& strategy;
  Transport& transport;
  Device& device;
  Recorder* recorder = nullptr;  // or none; it observes device and transport
};

// All ranks that take part call it together. `set` is read at the source only, and only there the
// result has contents: a generation per request. Throws UserError at the source alone when logits
// are not finite, or an observer or a drafter throws it; the others have left their loops by then.
std::vector<Generation> Generate(const DecodingPlace& place, const RequestSet& set,
                                 const DecodingOptions& options, const RequestObserver& observer);

}  // namespace jupiter
