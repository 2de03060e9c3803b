#include "parallel/decoding/ngram_drafter.h"

#include <algorithm>
#include <map>

namespace jupiter {
namespace {

// Rows in order, as many as are allowed: parents come before their children.
TokenTree First(TokenTree tree, int most_rows) {
  const auto rows = static_cast<std::size_t>(std::min<std::int64_t>(tree.rows(), most_rows));
  tree.tokens.resize(rows);
  tree.parents.resize(rows);
  return tree;
}

class NgramDrafter : public Drafter {
 public:
  explicit NgramDrafter(const NgramOptions& options) : options_(options) {}

  void Begin(std::int32_t sequence, std::span<const std::int32_t> text) override {
    texts_.emplace(sequence, NgramDraft(options_)).first->second.Append(text);
  }
  void Extend(std::int32_t sequence, std::span<const std::int32_t> tokens,
              const Candidates&) override {
    texts_.at(sequence).Append(tokens);
  }
  TokenTree Draft(std::int32_t sequence, int most_rows) override {
    return First(texts_.at(sequence).Draft(), most_rows);
  }
  TokenTree DraftBehind(std::int32_t sequence, std::span<const std::int32_t> guess,
                        int most_rows) override {
    NgramDraft& text = texts_.at(sequence);
    const std::size_t known = text.size();
    text.Append(guess);
    TokenTree tree = First(text.Draft(), most_rows);
    text.Truncate(known);
    return tree;
  }
  void End(std::int32_t sequence) override { texts_.erase(sequence); }

 private:
  NgramOptions options_;
  std::map<std::int32_t, NgramDraft> texts_;
};

}  // namespace

std::unique_ptr<Drafter> MakeNgramDrafter(const NgramOptions& options) {
  CheckNgram(options);
  return std::make_unique<NgramDrafter>(options);
}

}  // namespace jupiter
