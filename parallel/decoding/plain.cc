#include "parallel/decoding/plain.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "kernels/base/check.h"
#include "kernels/base/clock.h"
#include "model/logits_hash.h"

namespace jupiter {
namespace {

constexpr std::int32_t kSequence = 0;

// What the head tells the source after a step.
struct Step {
  std::int64_t token = 0;
  std::uint64_t logits_hash = 0;
};

// The head's half: logits to steps.
class Head {
 public:
  Head(Device& device, const SamplingOptions& sampling) : device_(device), sampling_(sampling) {}

  // From the first row; there are more where nothing is computed.
  Step Next(ConstTensorView logits) {
    host_.resize(static_cast<std::size_t>(logits.rows * logits.columns));
    device_.Export(logits, HostView(host_.data(), logits.rows, logits.columns));
    const std::span row(host_.data(), static_cast<std::size_t>(logits.columns));
    return {SampleToken(sampling_, row, index_++), HashLogits(row)};
  }

 private:
  Device& device_;
  const SamplingOptions& sampling_;
  std::vector<float> host_;  // [rows, vocab]
  std::int64_t index_ = 0;
};

void SendStep(Transport& transport, const Step& step) {
  Message message(sizeof step, 0);
  std::memcpy(message.header().data(), &step, sizeof step);
  transport.Send(Strategy::kSource, Channel::kBatch, std::move(message));
}

Step ReceiveStep(Transport& transport, int head) {
  const Message message = transport.Receive(head, Channel::kBatch, "the next token");
  Step step;
  if (message.header().size() != sizeof step) {
    throw PeerError(fmt::format("rank {} sent a token message of {} bytes, expected {}", head,
                                message.header().size(), sizeof step));
  }
  std::memcpy(&step, message.header().data(), sizeof step);
  return step;
}

// Tells the record what the rank is about to do.
void MarkBatch(Recorder* recorder, const Batch& batch) {
  if (recorder == nullptr) return;
  const bool step = batch.phase == BatchPhase::kStep;
  recorder->Mark(step ? MarkKind::kStepBatch : MarkKind::kPromptBatch, batch.rows(), Now());
}

// Every rank that takes part, but not the source.
void Serve(Strategy& strategy, Transport& transport, Device& device,
           const SamplingOptions& sampling, Recorder* recorder) {
  Head head(device, sampling);
  while (const std::optional<Batch> batch = strategy.Receive()) {
    MarkBatch(recorder, *batch);
    const ConstTensorView logits = strategy.Forward(*batch);
    if (logits.rows > 0) SendStep(transport, head.Next(logits));
  }
}

// The source's half of one request.
class Source {
 public:
  Source(Strategy& strategy, Transport& transport, Device& device, const Request& request,
         const RequestObserver& observer, Recorder* recorder)
      : strategy_(strategy),
        transport_(transport),
        request_(request),
        observer_(observer),
        recorder_(recorder),
        head_(device, request.sampling) {}

  Generation Run() {
    generation_.start = Now();
    Mark(MarkKind::kStart, 0, generation_.start);
    SubmitPrompt();
    while (TakeStep() && std::ssize(generation_.tokens) < request_.max_tokens) {
      Submit(NextStep());
    }
    strategy_.End();
    Mark(MarkKind::kEnd, std::ssize(generation_.tokens), Now());
    return std::move(generation_);
  }

 private:
  void SubmitPrompt() {
    const auto rows = static_cast<int>(request_.prompt.size());
    generation_.slices = strategy_.CutPrompt(rows);
    std::span<const std::int32_t> rest = request_.prompt;
    while (!rest.empty()) {
      const auto length = static_cast<std::size_t>(generation_.slices[submitted_]);
      Batch slice = CausalBatch(kSequence, rest.first(length), length == rest.size());
      const int capacity = rows + request_.max_tokens + request_.step_rows - 1;
      if (submitted_++ == 0) slice.open = {{kSequence, capacity, -1}};
      rest = rest.subspan(length);
      Submit(slice);
    }
  }

  Batch NextStep() {
    const auto rows = static_cast<std::size_t>(request_.step_rows);
    const std::vector<std::int32_t> tokens(rows, generation_.tokens.back());
    Batch batch = CausalBatch(kSequence, tokens, true, BatchPhase::kStep);
    if (rows == 1) return batch;
    BatchItem& item = batch.items.front();
    item.provisional = true;
    if (generation_.tokens.size() > 1) item.accept = {0};
    item.head_rows.resize(rows);
    std::iota(item.head_rows.begin(), item.head_rows.end(), 0);
    return batch;
  }

  void Submit(const Batch& batch) {
    MarkBatch(recorder_, batch);
    const ConstTensorView logits = strategy_.Forward(batch);
    if (logits.rows > 0) own_step_ = head_.Next(logits);
    if (observer_.on_batch) observer_.on_batch();
  }

  // False when the answer ends.
  bool TakeStep() {
    const bool own = strategy_.head() == Strategy::kSource;
    const Step step = own ? own_step_ : ReceiveStep(transport_, strategy_.head());
    const auto token = static_cast<std::int32_t>(step.token);
    const double now = Now();
    const auto& ends = request_.end_ids;
    if (std::find(ends.begin(), ends.end(), token) != ends.end()) return false;
    generation_.tokens.push_back(token);
    generation_.logits_hashes.push_back(step.logits_hash);
    generation_.times.push_back(now);
    const std::int64_t count = std::ssize(generation_.tokens);
    Mark(count == 1 ? MarkKind::kFirstToken : MarkKind::kToken, count, now);
    if (observer_.on_token) observer_.on_token(token);
    return true;
  }

  void Mark(MarkKind kind, std::int64_t index, double now) {
    if (recorder_ != nullptr) recorder_->Mark(kind, index, now);
  }

  Strategy& strategy_;
  Transport& transport_;
  const Request& request_;
  const RequestObserver& observer_;
  Recorder* recorder_;
  Head head_;
  Step own_step_;
  Generation generation_;
  std::size_t submitted_ = 0;  // slices
};

}  // namespace

Generation Generate(Strategy& strategy, Transport& transport, Device& device,
                    const Request& request, const RequestObserver& observer, Recorder* recorder) {
  JUPITER_CHECK(request.step_rows == 1 || !device.holds_data(), "{} rows", request.step_rows);
  if (!strategy.takes_part()) return {};
  if (transport.rank() != Strategy::kSource) {
    Serve(strategy, transport, device, request.sampling, recorder);
    return {};
  }
  return Source(strategy, transport, device, request, observer, recorder).Run();
}

}  // namespace jupiter
