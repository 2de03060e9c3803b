#include "parallel/decoding/generate.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "kernels/base/check.h"
#include "kernels/base/clock.h"
#include "parallel/decoding/cancels.h"
#include "parallel/decoding/head.h"
#include "parallel/decoding/step_marks.h"

namespace jupiter {
namespace {

// A rank that takes part and is neither source nor head.
void Serve(const DecodingPlace& place, const DecodingOptions& options) {
  const bool hears = !options.cancelled_ranks.empty();
  CancelReceiver cancels(place.transport, place.strategy.head());
  StepMarks marks(place.recorder);
  while (std::optional<Batch> batch = place.strategy.Receive()) {
    if (hears && cancels.Drops(*batch)) batch->dropped = true;
    marks.TakeUp(*batch);
    place.strategy.Forward(*batch);
  }
  if (hears) cancels.End();
}

// A head that is not the source.
class HeadServer {
 public:
  HeadServer(const DecodingPlace& place, const DecodingOptions& options, Head& head)
      : place_(place),
        options_(options),
        head_(head),
        marks_(place.recorder),
        cancels_(place.transport, options.cancelled_ranks) {}

  void Run() {
    while (std::optional<Batch> batch = place_.strategy.Receive()) {
      if (!error_) DropStale(*batch);
      marks_.TakeUp(*batch);
      const ConstTensorView logits = place_.strategy.Forward(*batch);
      if (batch->head_rows() > 0) Answer(*batch, logits);
    }
    cancels_.End();
  }

 private:
  void DropStale(Batch& batch) const {
    const bool stale = head_.Drops(batch);
    if (batch.dropped && !stale) {
      const std::vector<int>& ranks = options_.cancelled_ranks;
      place_.transport.FailPeer(ranks.empty() ? Strategy::kSource : ranks.back(), "a batch",
                                "it was dropped, and the last stage needs it");
    }
    batch.dropped = stale;
  }

  // After an error the source waits for as many messages as batches are in flight, and ends.
  void Answer(const Batch& batch, ConstTensorView logits) {
    if (!error_) Take(batch, logits);
    if (error_) place_.transport.Send(Strategy::kSource, Channel::kBatch, ToMessage(*error_));
  }

  void Take(const Batch& batch, ConstTensorView logits) {
    const ConstTensorView rows = batch.dropped ? logits : place_.strategy.HeadInput();
    std::vector<StepResult> results;
    try {
      results = head_.Take(batch, logits, rows);
    } catch (const SequenceError& error) {
      error_ = error;
      return;
    }
    place_.transport.Send(Strategy::kSource, Channel::kBatch, ToMessage(results));
    cancels_.Tell(batch, results);
  }

  const DecodingPlace& place_;
  const DecodingOptions& options_;
  Head& head_;
  StepMarks marks_;
  CancelSender cancels_;
  std::optional<SequenceError> error_;
};

class Source {
 public:
  Source(const DecodingPlace& place, const RequestSet& set, const DecodingOptions& options,
         const RequestObserver& observer, Head* own_head)
      : place_(place),
        set_(set),
        options_(options),
        observer_(observer),
        head_(own_head),
        marks_(place.recorder) {
    const auto prefixes = static_cast<std::int32_t>(set.prefixes.size());
    for (std::size_t i = 0; i < set.requests.size(); ++i) {
      const Request& request = set.requests[i];
      std::vector<std::int32_t> text;
      if (request.prefix >= 0) text = set.prefixes[static_cast<std::size_t>(request.prefix)];
      text.insert(text.end(), request.prompt.begin(), request.prompt.end());
      states_.push_back(std::make_unique<RequestState>(static_cast<int>(i),
                                                       prefixes + static_cast<std::int32_t>(i),
                                                       request, std::move(text), options.draft));
    }
  }

  std::vector<Generation> Run() {
    try {
      Decode();
    } catch (const SequenceError& error) {
      Abandon();
      throw UserError(DescribeRequest(error.sequence()) + error.what());
    } catch (const UserError&) {
      Abandon();
      throw;
    }
    std::vector<Generation> generations;
    for (const auto& state : states_) generations.push_back(std::move(state->generation()));
    return generations;
  }

 private:
  struct Sent {
    std::vector<RequestState*> states;  // of its judged items, in order
    std::vector<AskedItem> items;       // the same
    std::vector<SequenceStep> steps;    // the same
  };

  void Decode() {
    marks_.Start(Now());
    for (std::size_t i = 0; i < set_.prefixes.size(); ++i) {
      SubmitPrompt(set_.prefixes[i], {static_cast<std::int32_t>(i), -1, -1}, nullptr);
    }
    while (true) {
      StartRequests();
      while (SubmitStep()) {
      }
      if (!TakeResults()) break;
    }
    place_.strategy.End();
    marks_.End(Now());
  }

  // Takes what is still in flight, whatever it is, so that nothing of it is left for a later run.
  void Abandon() {
    const int head = place_.strategy.head();
    for (; head != Strategy::kSource && !sent_.empty(); sent_.pop_front()) {
      place_.transport.Receive(head, Channel::kBatch, "the tokens of a run that has failed");
    }
    place_.strategy.End();
    for (const auto& state : states_) state->Abandon();
  }

  // Where there are several.
  std::string DescribeRequest(std::int32_t sequence) const {
    if (set_.requests.size() == 1) return {};
    return fmt::format("request {} of {}: ", sequence + 1 - std::ssize(set_.prefixes),
                       set_.requests.size());
  }

  void StartRequests() {
    while (started_ < states_.size() && std::ssize(turns_) < options_.most_requests) {
      RequestState& state = *states_[started_];
      turns_.push_back(&state);
      const Request& request = set_.requests[started_++];
      const auto positions = static_cast<std::int32_t>(request.prompt.size()) + Reserve(request);
      state.generation().start = Now();
      SubmitPrompt(request.prompt, {state.sequence(), positions, request.prefix}, &state);
    }
  }

  // Rows of an answer and of what is in flight after it.
  std::int32_t Reserve(const Request& request) const {
    const DraftPolicy& draft = options_.draft;
    return request.max_tokens + draft.most_rows * draft.most_in_flight - 1;
  }

  // `state` null: a prefix; nobody needs its logits. `opening`: a capacity below 0 means the
  // prompt's.
  void SubmitPrompt(std::span<const std::int32_t> rest, SequenceOpening opening,
                    RequestState* state) {
    const auto rows = static_cast<int>(rest.size());
    if (opening.capacity < 0) opening.capacity = rows;
    std::vector<int> slices = place_.strategy.CutPrompt(rows);
    bool first = true;
    for (int slice : slices) {
      const auto length = static_cast<std::size_t>(slice);
      const bool last = length == rest.size();
      Batch batch = CausalBatch(opening.sequence, rest.first(length), last && state != nullptr);
      if (std::exchange(first, false)) batch.open = {opening};
      rest = rest.subspan(length);
      Submit(batch, last && state != nullptr ? std::vector{state} : std::vector<RequestState*>{});
    }
    if (state == nullptr) return;
    state->generation().slices = std::move(slices);
    state->PromptIsOut();
  }

  // Items in a batch of steps.
  std::int64_t MostItems() const {
    return (std::ssize(turns_) + options_.most_batches - 1) / options_.most_batches;
  }

  // False when no request has anything to submit, or there is no room for another batch.
  bool SubmitStep() {
    if (std::ssize(sent_) >= options_.most_batches) return false;
    Batch batch;
    batch.phase = BatchPhase::kStep;
    std::vector<RequestState*> states;
    for (std::size_t left = turns_.size(); left > 0 && std::ssize(states) < MostItems(); --left) {
      RequestState* state = turns_.front();
      turns_.pop_front();
      turns_.push_back(state);
      if (std::optional<BatchItem> item = state->NextItem()) {
        batch.items.push_back(std::move(*item));
        states.push_back(state);
      }
    }
    if (batch.items.empty()) return false;
    Submit(batch, std::move(states));
    return true;
  }

  void Submit(Batch& batch, std::vector<RequestState*> states) {
    batch.close = std::exchange(closing_, {});
    std::vector<SequenceStep> steps = marks_.TakeUp(batch);
    const ConstTensorView logits = place_.strategy.Forward(batch);
    if (logits.rows > 0) {
      own_results_.push_back(head_->Take(batch, logits, place_.strategy.HeadInput()));
    }
    // A batch that is judged is so as a whole.
    if (!states.empty()) sent_.push_back({std::move(states), AskedItems(batch), std::move(steps)});
    if (observer_.on_batch) observer_.on_batch(batch);
  }

  // Takes the results of the oldest batch. False when none is in flight.
  bool TakeResults() {
    if (sent_.empty()) return false;
    const Sent sent = std::move(sent_.front());
    sent_.pop_front();
    const std::vector<StepResult> results = NextResults(sent.items);
    const double now = Now();
    for (std::size_t i = 0; i < results.size(); ++i) {
      TakeResult(*sent.states[i], sent.steps[i], results[i], now);
    }
    return true;
  }

  std::vector<StepResult> NextResults(const std::vector<AskedItem>& items) {
    if (place_.strategy.head() == Strategy::kSource) {
      std::vector<StepResult> results = std::move(own_results_.front());
      own_results_.pop_front();
      return results;
    }
    const int head = place_.strategy.head();
    const Message message = place_.transport.Receive(head, Channel::kBatch, "the next tokens");
    return ReadStepResults(place_.transport, message, head, items, options_.vocab);
  }

  void TakeResult(RequestState& state, const SequenceStep& step, const StepResult& result,
                  double now) {
    const std::int64_t before = std::ssize(state.generation().tokens);
    state.Take(result, now, observer_);
    marks_.Tokens(step, std::ssize(state.generation().tokens) - before, now);
    if (!state.drained()) return;
    closing_.push_back(state.sequence());
    std::erase(turns_, &state);
  }

  const DecodingPlace& place_;
  const RequestSet& set_;
  const DecodingOptions& options_;
  const RequestObserver& observer_;
  Head* head_;  // when the source is the head
  StepMarks marks_;
  std::vector<std::unique_ptr<RequestState>> states_;
  std::size_t started_ = 0;          // of the requests
  std::deque<RequestState*> turns_;  // those that started and are not drained, the next one first
  std::deque<Sent> sent_;            // batches whose results are not taken
  std::deque<std::vector<StepResult>> own_results_;
  std::vector<std::int32_t> closing_;  // sequences to close with the next batch
};

}  // namespace

std::vector<Generation> Generate(const DecodingPlace& place, const RequestSet& set,
                                 const DecodingOptions& options, const RequestObserver& observer) {
  if (!place.strategy.takes_part()) return {};
  const int rank = place.transport.rank();
  std::unique_ptr<Head> head;
  if (rank == place.strategy.head()) {
    JUPITER_CHECK(options.judge != nullptr);
    head = std::make_unique<Head>(place.device, *options.judge, options.head_drafter);
  }
  if (rank == Strategy::kSource) return Source(place, set, options, observer, head.get()).Run();
  if (head == nullptr) {
    Serve(place, options);
  } else {
    HeadServer(place, options, *head).Run();
  }
  return {};
}

}  // namespace jupiter
