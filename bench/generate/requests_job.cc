// A file of requests that do not know of each other, answered together.
#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <numeric>

#include "bench/flags/run_tokenizer.h"
#include "bench/generate/answer_printer.h"
#include "bench/generate/job.h"
#include "bench/generate/requests.h"
#include "bench/generate/set_run.h"
#include "bench/generate/set_statistics.h"
#include "bench/report/metrics.h"
#include "kernels/base/check.h"
#include "model/outline/ordered_text.h"
#include "model/tokenizers/utf8_stream.h"
#include "parallel/transport/together.h"

namespace jupiter {
namespace {

// One answer while it grows, as a line of JSON in the end.
class AnswerLine {
 public:
  AnswerLine(const TextRequest& asked, const Request& request, const Tokenizer* tokenizer)
      : asked_(asked), request_(request), tokenizer_(tokenizer) {}

  void Push(std::int32_t token) {
    tokens_.push_back(token);
    if (tokenizer_ != nullptr) text_ += stream_.Push(tokenizer_->Piece(token, /*first=*/false));
  }
  std::string Finish() {
    nlohmann::ordered_json line;
    line["id"] = asked_.id;
    if (tokenizer_ != nullptr) line["text"] = text_ + stream_.Finish();
    line["tokens"] = tokens_;
    line["prompt_tokens"] = request_.prompt.size();
    line["finish_reason"] = std::ssize(tokens_) < request_.max_tokens ? "stop" : "length";
    return line.dump() + "\n";
  }

 private:
  const TextRequest& asked_;
  const Request& request_;
  const Tokenizer* tokenizer_;  // null: ids alone
  std::vector<std::int32_t> tokens_;
  Utf8Stream stream_;
  std::string text_;
};

class RequestsJob : public Job {
 public:
  explicit RequestsJob(const JobFlags& flags) : flags_(flags) {}

  JobSize Open(const JobInputs& inputs) override {
    asked_ = ReadRequests(flags_.requests);
    const bool texts = std::any_of(asked_.begin(), asked_.end(),
                                   [](const TextRequest& asked) { return !asked.prompt.empty(); });
    tokenizer_ = OpenTokenizerFor(inputs.engine, inputs.config,
                                  {.texts = !flags_.ids || texts, .ends = !flags_.ignore_eos});
    for (const TextRequest& asked : asked_) set_.requests.push_back(Make(asked, inputs));
    RefuseIdleTokens(inputs.engine);
    return SizeOf(inputs.rows_in_flight);
  }

  JobOutcome Run(const JobRun& run) override {
    std::vector<AnswerLine> lines;
    for (std::size_t i = 0; i < asked_.size(); ++i) {
      lines.emplace_back(asked_[i], set_.requests[i], flags_.ids ? nullptr : tokenizer_.get());
    }
    OrderedText in_order(std::vector<std::string>(lines.size()), "", PrintNow);
    RequestObserver observer;
    observer.on_token = [&](int request, std::int32_t token) {
      lines[static_cast<std::size_t>(request)].Push(token);
      return true;
    };
    observer.on_end = [&](int request) {
      const auto index = static_cast<std::size_t>(request);
      in_order.Append(index, lines[index].Finish());
      in_order.End(index);
    };
    SetResult result = RunSet(run, set_, observer);
    Together(run.transport, [] { CheckPrinted(); });
    if (!run.session.is_source()) return {};
    JobOutcome outcome;
    outcome.report = Report(result, run.session.stages());
    outcome.generations = std::move(result.generations);
    return outcome;
  }

 private:
  // Known only now that the file is read.
  void RefuseIdleTokens(const EngineFlags& engine) const {
    if (engine.given.count("--n-gen") == 0) return;
    const bool idle = std::all_of(asked_.begin(), asked_.end(), [](const TextRequest& asked) {
      return asked.tokens.has_value();
    });
    if (!idle) return;
    FailUser("--n-gen {}: every line of {} says its own tokens; leave it out", flags_.tokens,
             flags_.requests);
  }

  Request Make(const TextRequest& asked, const JobInputs& inputs) const {
    Request request;
    request.prompt = PromptIds(asked, flags_.requests, tokenizer_.get(), inputs.config);
    request.max_tokens = asked.tokens.value_or(flags_.tokens);
    if (tokenizer_ && !flags_.ignore_eos) request.end_ids = tokenizer_->end_ids();
    const std::int64_t rows =
        std::ssize(request.prompt) + request.max_tokens + inputs.rows_in_flight;
    if (request.max_tokens < 1 || rows > inputs.config.context) {
      FailUser(
          "{}: line {}: {} prompt tokens and {} new ones, expected at least one of these, and at "
          "most {} together (the context of {})",
          flags_.requests, asked.line, request.prompt.size(), request.max_tokens,
          inputs.config.context - inputs.rows_in_flight, inputs.config.name);
    }
    return request;
  }

  JobSize SizeOf(int rows_in_flight) const {
    JobSize size;
    size.shorter_prompts = true;
    size.requests = static_cast<int>(
        std::min<std::size_t>(asked_.size(), static_cast<std::size_t>(flags_.at_once)));
    std::vector<std::int64_t> positions;
    for (const Request& request : set_.requests) {
      const auto prompt = static_cast<int>(request.prompt.size());
      size.prompt_tokens = std::max(size.prompt_tokens, prompt);
      positions.push_back(std::int64_t{prompt} + request.max_tokens);
    }
    std::sort(positions.begin(), positions.end(), std::greater<>());
    // The longest may have a prompt that is not the longest; each takes one token at least.
    size.positions = std::max(positions.front(), std::int64_t{size.prompt_tokens} + 1);
    // A request that ended leaves with the batch in which the next one comes.
    const std::size_t held =
        std::min<std::size_t>(positions.size(), static_cast<std::size_t>(size.requests) + 1);
    size.kv_positions =
        std::accumulate(positions.begin(), positions.begin() + static_cast<std::ptrdiff_t>(held),
                        static_cast<std::int64_t>(held) * rows_in_flight);
    return size;
  }

  // Of requests that have it; none where no request does.
  static std::optional<double> QuantileOf(const std::vector<double>& values, double p) {
    if (values.empty()) return std::nullopt;
    return Quantile(values, p);
  }

  static std::string Report(const SetResult& result, int stages) {
    const SetStatistics set = SummariseSet(result.generations);
    std::vector<double> ttfts;
    std::vector<double> tpots;
    for (const Generation& generation : result.generations) {
      const RequestMetrics metrics = Measure(generation.start, generation.times);
      if (!generation.times.empty()) ttfts.push_back(metrics.ttft);
      if (metrics.tpot) tpots.push_back(*metrics.tpot);
    }
    std::string text =
        fmt::format("requests: {}, {} tokens", result.generations.size(), set.tokens);
    if (set.tokens > 0) {
      text += fmt::format(
          " in {:.2f} ms, {:.1f} t/s together; from each one's start: TTFT median {}, p90 {}; TPOT "
          "median {}",
          set.seconds * 1e3, Rate(static_cast<double>(set.tokens), set.seconds),
          ShowMilliseconds(QuantileOf(ttfts, 0.5), 2), ShowMilliseconds(QuantileOf(ttfts, 0.9), 2),
          ShowMilliseconds(QuantileOf(tpots, 0.5), 3));
    }
    return text + "\n" + ShowSet(result, stages);
  }

  const JobFlags& flags_;
  std::vector<TextRequest> asked_;
  std::unique_ptr<Tokenizer> tokenizer_;  // may be missing when ids come in and go out
  RequestSet set_;
};

}  // namespace

std::unique_ptr<Job> MakeRequestsJob(const JobFlags& flags) {
  return std::make_unique<RequestsJob>(flags);
}

}  // namespace jupiter
