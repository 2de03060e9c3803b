// One prompt, one answer.
#include <fmt/ranges.h>

#include "bench/flags/run_tokenizer.h"
#include "bench/generate/job.h"
#include "bench/generate/print_answer.h"
#include "bench/report/run_report.h"

namespace jupiter {
namespace {

class AnswerJob : public Job {
 public:
  explicit AnswerJob(const JobFlags& flags) : flags_(flags) {}

  JobSize Open(const JobInputs& inputs) override {
    tokenizer_ = OpenTokenizerFor(
        inputs.engine, inputs.config,
        {.texts = !flags_.ids || flags_.prompt.ids.empty(), .ends = !flags_.ignore_eos});
    request_.prompt = ReadPrompt(flags_.prompt, tokenizer_.get(), inputs.config);
    request_.max_tokens = flags_.tokens;
    if (tokenizer_ && !flags_.ignore_eos) request_.end_ids = tokenizer_->end_ids();
    JobSize size;
    size.prompt_tokens = static_cast<int>(request_.prompt.size());
    size.positions = std::int64_t{size.prompt_tokens} + flags_.tokens;
    return size;
  }

  JobOutcome Run(const JobRun& run) override {
    JobOutcome outcome;
    Generation generation = PrintAnswer(run, request_, tokenizer_.get(), flags_.ids);
    if (!run.session.is_source()) return outcome;
    outcome.report = run.prints ? ShowAnswer(generation, std::ssize(request_.prompt))
                                : fmt::format("slices: {}\n", fmt::join(generation.slices, ","));
    outcome.generations.push_back(std::move(generation));
    return outcome;
  }

  std::vector<std::int32_t> prompt() const override { return request_.prompt; }

 private:
  const JobFlags& flags_;
  std::unique_ptr<Tokenizer> tokenizer_;  // may be missing when ids come in and go out
  Request request_;
};

}  // namespace

std::unique_ptr<Job> MakeAnswerJob(const JobFlags& flags) {
  return std::make_unique<AnswerJob>(flags);
}

}  // namespace jupiter
