#include "model/tokenizers/merge_pairs.h"

#include <queue>
#include <utility>

namespace jupiter {
namespace {

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

// A pair that could merge. It is out of date when either symbol has grown or is gone since.
struct Candidate {
  Merge merge;
  std::size_t left = 0;
  std::size_t right = 0;
  std::size_t left_size = 0;
  std::size_t right_size = 0;

  bool operator<(const Candidate& other) const {
    if (merge.priority != other.merge.priority) return merge.priority < other.merge.priority;
    return left > other.left;
  }
};

class Merger {
 public:
  Merger(std::string_view text, std::vector<Symbol> symbols, const MergeRule& rule)
      : text_(text), rule_(rule), symbols_(std::move(symbols)) {
    links_.resize(symbols_.size());
    for (std::size_t i = 0; i < symbols_.size(); ++i) {
      links_[i] = {i == 0 ? kNone : i - 1, i + 1 == symbols_.size() ? kNone : i + 1};
    }
  }

  std::vector<Symbol> Run() {
    for (std::size_t i = 0; i + 1 < symbols_.size(); ++i) Offer(i, i + 1);
    while (!queue_.empty()) {
      const Candidate best = queue_.top();
      queue_.pop();
      if (!Stale(best)) Apply(best);
    }
    std::vector<Symbol> merged;
    for (const Symbol& symbol : symbols_) {
      if (symbol.size > 0) merged.push_back(symbol);
    }
    return merged;
  }

 private:
  struct Links {
    std::size_t before = kNone;
    std::size_t after = kNone;
  };

  void Offer(std::size_t left, std::size_t right) {
    if (left == kNone || right == kNone) return;
    const std::optional<Merge> merge = rule_.Find(text_, symbols_[left], symbols_[right]);
    if (!merge) return;
    queue_.push({*merge, left, right, symbols_[left].size, symbols_[right].size});
  }

  // A symbol that was merged into its left neighbour has size 0.
  bool Stale(const Candidate& candidate) const {
    return symbols_[candidate.left].size != candidate.left_size ||
           symbols_[candidate.right].size != candidate.right_size;
  }

  void Apply(const Candidate& candidate) {
    Symbol& left = symbols_[candidate.left];
    left.size += candidate.right_size;
    left.id = candidate.merge.id;
    symbols_[candidate.right].size = 0;
    const std::size_t after = links_[candidate.right].after;
    links_[candidate.left].after = after;
    if (after != kNone) links_[after].before = candidate.left;
    Offer(links_[candidate.left].before, candidate.left);
    Offer(candidate.left, after);
  }

  std::string_view text_;
  const MergeRule& rule_;
  std::vector<Symbol> symbols_;
  std::vector<Links> links_;
  std::priority_queue<Candidate> queue_;
};

}  // namespace

std::vector<Symbol> MergePairs(std::string_view text, std::vector<Symbol> symbols,
                               const MergeRule& rule) {
  if (symbols.size() < 2) return symbols;
  return Merger(text, std::move(symbols), rule).Run();
}

}  // namespace jupiter
