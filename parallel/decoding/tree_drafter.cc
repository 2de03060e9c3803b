#include "parallel/decoding/tree_drafter.h"

#include <algorithm>
#include <map>

namespace jupiter {
namespace {

class TreeDrafter : public Drafter {
 public:
  explicit TreeDrafter(const DraftTree& tree) : tree_(tree) {}

  void Begin(std::int32_t sequence, std::span<const std::int32_t> text) override {
    texts_[sequence] = {text.back(), {}};
  }
  void Extend(std::int32_t sequence, std::span<const std::int32_t> tokens,
              const Candidates& candidates) override {
    if (!tokens.empty()) texts_[sequence] = {tokens.back(), candidates};
  }
  TokenTree Draft(std::int32_t sequence, int) override {
    const Text& text = texts_[sequence];
    return FillTree(tree_, text.last, text.candidates);
  }
  // Heads see only the last accepted position. The guess uses up their first depths; the rest is
  // what remains.
  TokenTree DraftBehind(std::int32_t sequence, std::span<const std::int32_t> guess, int) override {
    const Candidates& all = texts_[sequence].candidates;
    const auto used = static_cast<std::ptrdiff_t>(std::min(guess.size(), all.size()));
    return FillTree(tree_, guess.back(), Candidates(all.begin() + used, all.end()));
  }
  void End(std::int32_t sequence) override { texts_.erase(sequence); }

 private:
  struct Text {
    std::int32_t last = 0;
    Candidates candidates;  // for the tokens after it
  };
  DraftTree tree_;
  std::map<std::int32_t, Text> texts_;
};

}  // namespace

std::unique_ptr<Drafter> MakeTreeDrafter(const DraftTree& tree) {
  return std::make_unique<TreeDrafter>(tree);
}

}  // namespace jupiter
