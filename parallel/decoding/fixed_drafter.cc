#include "parallel/decoding/fixed_drafter.h"

#include <numeric>
#include <utility>

namespace jupiter {
namespace {

class FixedDrafter : public Drafter {
 public:
  explicit FixedDrafter(std::vector<std::int32_t> parents) {
    tree_.tokens.resize(parents.size());
    tree_.parents = std::move(parents);
  }

  void Begin(std::int32_t, std::span<const std::int32_t>) override {}
  void Extend(std::int32_t, std::span<const std::int32_t>, const Candidates&) override {}
  TokenTree Draft(std::int32_t, int) override { return tree_; }
  void End(std::int32_t) override {}

 private:
  TokenTree tree_;
};

}  // namespace

std::unique_ptr<Drafter> MakeFixedDrafter(int rows) {
  std::vector<std::int32_t> parents(static_cast<std::size_t>(rows));
  std::iota(parents.begin(), parents.end(), -1);
  return MakeFixedDrafter(std::move(parents));
}

std::unique_ptr<Drafter> MakeFixedDrafter(std::vector<std::int32_t> parents) {
  return std::make_unique<FixedDrafter>(std::move(parents));
}

}  // namespace jupiter
