#include "parallel/decoding/fixed_drafter.h"

#include <numeric>

namespace jupiter {
namespace {

class FixedDrafter : public Drafter {
 public:
  explicit FixedDrafter(int rows) {
    tree_.tokens.resize(static_cast<std::size_t>(rows));
    tree_.parents.resize(tree_.tokens.size());
    std::iota(tree_.parents.begin(), tree_.parents.end(), -1);
  }

  void Begin(std::int32_t, std::span<const std::int32_t>) override {}
  void Extend(std::int32_t, std::span<const std::int32_t>, const Candidates&) override {}
  TokenTree Draft(std::int32_t, int) override { return tree_; }
  void End(std::int32_t) override {}

 private:
  TokenTree tree_;
};

}  // namespace

std::unique_ptr<Drafter> MakeFixedDrafter(int rows) { return std::make_unique<FixedDrafter>(rows); }

}  // namespace jupiter
