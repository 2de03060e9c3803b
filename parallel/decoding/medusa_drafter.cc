#include "parallel/decoding/medusa_drafter.h"

#include <algorithm>

#include "model/sampling/finite_check.h"
#include "model/stage/medusa_heads.h"

namespace jupiter {
namespace {

MedusaOptions HeadsFor(const MedusaDrafterOptions& options) {
  return {.heads = options.heads, .max_rows = 1, .quantise = options.quantise};
}

class MedusaDrafter : public HeadDrafter {
 public:
  MedusaDrafter(Device& device, const MedusaFile& file, std::shared_ptr<const Weight> model_head,
                const MedusaDrafterOptions& options)
      : heads_(device, file, std::move(model_head), HeadsFor(options)),
        source_("--draft medusa:" + options.path),
        ranks_(static_cast<int>(std::min<std::int64_t>(options.ranks, heads_.vocab()))) {}

  Candidates Propose(ConstTensorView x) override {
    const auto count = static_cast<std::size_t>(heads_.count());
    const auto ranks = static_cast<std::size_t>(ranks_);
    ids_.resize(count * ranks);
    values_.resize(count * ranks);
    heads_.TopK(x, ranks_, ids_, values_);
    CheckDraftLogits(values_, source_);
    Candidates candidates;
    for (std::size_t head = 0; head < count; ++head) {
      const auto begin = ids_.begin() + static_cast<std::ptrdiff_t>(head * ranks);
      candidates.emplace_back(begin, begin + ranks_);
    }
    return candidates;
  }

 private:
  MedusaHeads heads_;
  std::string source_;  // for errors
  int ranks_;
  std::vector<std::int32_t> ids_;  // [heads, ranks]
  std::vector<float> values_;      // the same
};

}  // namespace

StageMemory PlanMedusaDrafterMemory(const Device& device, const ModelConfig& config,
                                    const MedusaDrafterOptions& options) {
  return PlanMedusaMemory(device, OpenMedusa(options.path, config), HeadsFor(options));
}

std::unique_ptr<HeadDrafter> MakeMedusaDrafter(Device& device, const ModelConfig& config,
                                               std::shared_ptr<const Weight> model_head,
                                               const MedusaDrafterOptions& options) {
  const MedusaFile file = OpenMedusa(options.path, config);
  return std::make_unique<MedusaDrafter>(device, file, std::move(model_head), options);
}

}  // namespace jupiter
