#include "parallel/decoding/judge.h"

#include <optional>

#include "kernels/base/check.h"
#include "kernels/base/rng.h"
#include "model/sampling/finite_check.h"

namespace jupiter {
namespace {

class LogitsJudge : public TargetJudge {
 public:
  explicit LogitsJudge(const SamplingOptions& sampling) : sampling_(sampling) {}

  std::int32_t Token(const JudgedItem& item, std::int64_t index) override {
    return Sample(item.logits.first(item.vocab), index);
  }

  Acceptance Path(const JudgedItem& item, const TokenTree& tree, std::int64_t index) override {
    return AcceptPath(tree, [&](std::int32_t row, std::int32_t depth) {
      return Target(item, row, index + depth);
    });
  }

  Acceptance PathFrom(const JudgedItem& item, const TokenTree& tree, std::int32_t next,
                      std::int64_t index) override {
    return AcceptPath(tree, [&](std::int32_t row, std::int32_t depth) {
      return row == 0 ? next : Target(item, row - 1, index + depth - 1);
    });
  }

 private:
  std::int32_t Target(const JudgedItem& item, std::int32_t row, std::int64_t index) const {
    const auto offset = static_cast<std::size_t>(row) * item.vocab;
    return Sample(item.logits.subspan(offset, item.vocab), index);
  }

  std::int32_t Sample(std::span<const float> logits, std::int64_t index) const {
    CheckLogits(logits, TokenName(index));
    return SampleToken(sampling_, logits, index);
  }

  SamplingOptions sampling_;
};

// Tokens are 0: nothing looks at them.
class DrawnJudge : public TargetJudge {
 public:
  explicit DrawnJudge(const DrawnDrafts* drafts) {
    if (drafts != nullptr) drafts_ = *drafts;
  }

  std::int32_t Token(const JudgedItem&, std::int64_t) override { return 0; }

  Acceptance Path(const JudgedItem& item, const TokenTree& tree, std::int64_t) override {
    Acceptance acceptance;
    acceptance.rows = {0};
    if (drafts_ && drafts_->tree.rows() == tree.rows()) acceptance.rows = Draw(item.item.sequence);
    acceptance.tokens.assign(acceptance.rows.size(), 0);
    return acceptance;
  }

  // The drawn path of a step goes through its root, which is the row it goes on from.
  Acceptance PathFrom(const JudgedItem& item, const TokenTree& tree, std::int32_t,
                      std::int64_t index) override {
    return Path(item, tree, index);
  }

 private:
  std::vector<std::int32_t> Draw(std::int32_t sequence) {
    auto found = drawn_.find(sequence);
    if (found == drawn_.end()) {
      const std::uint64_t seed = Mix64(drafts_->seed ^ Mix64(static_cast<std::uint64_t>(sequence)));
      found = drawn_.emplace(sequence, Drawn{{drafts_->tree, drafts_->acceptance, seed}}).first;
    }
    return found->second.acceptance.Path(found->second.step++);
  }

  struct Drawn {
    DrawnAcceptance acceptance;
    std::int64_t step = 0;
  };
  std::optional<DrawnDrafts> drafts_;
  std::map<std::int32_t, Drawn> drawn_;  // by sequence
};

}  // namespace

std::unique_ptr<TargetJudge> MakeJudge(const SamplingOptions& sampling) {
  return std::make_unique<LogitsJudge>(sampling);
}

std::unique_ptr<TargetJudge> MakeDrawnJudge(const DrawnDrafts* drafts) {
  return std::make_unique<DrawnJudge>(drafts);
}

}  // namespace jupiter
