#include "parallel/decoding/plain.h"

#include <algorithm>
#include <cstring>

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

  Step Next(ConstTensorView logits) {
    host_.resize(static_cast<std::size_t>(logits.columns));
    device_.Export(logits, HostView(host_.data(), 1, logits.columns));
    return {SampleToken(sampling_, host_, index_++), HashLogits(host_)};
  }

 private:
  Device& device_;
  const SamplingOptions& sampling_;
  std::vector<float> host_;  // [vocab]
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

// Every rank that takes part, but not the source.
void Serve(Strategy& strategy, Transport& transport, Device& device,
           const SamplingOptions& sampling) {
  Head head(device, sampling);
  while (const std::optional<Batch> batch = strategy.Receive()) {
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
      const std::int32_t last = generation_.tokens.back();
      Submit(CausalBatch(kSequence, {&last, 1}, true));
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
      if (submitted_++ == 0) slice.open = {{kSequence, rows + request_.max_tokens, -1}};
      rest = rest.subspan(length);
      Submit(slice);
    }
  }

  void Submit(const Batch& batch) {
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
  if (!strategy.takes_part()) return {};
  if (transport.rank() != Strategy::kSource) {
    Serve(strategy, transport, device, request.sampling);
    return {};
  }
  return Source(strategy, transport, device, request, observer, recorder).Run();
}

}  // namespace jupiter
