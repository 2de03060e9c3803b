#include "parallel/decoding/model_drafter.h"

#include <algorithm>
#include <map>
#include <vector>

#include "kernels/base/check.h"
#include "model/checkpoint/fingerprint.h"
#include "model/loaders/open_checkpoint.h"
#include "model/sampling/finite_check.h"

namespace jupiter {
namespace {

// Rows of one batch of the small model.
constexpr std::int64_t kRows = 64;

StageOptions OptionsFor(const ModelConfig& config, const ModelDrafterOptions& options) {
  StageOptions stage;
  stage.layer_end = config.layers;
  stage.embedding = stage.head = true;
  stage.max_rows = kRows;
  stage.max_positions = options.positions;
  stage.kv_positions = std::int64_t{options.requests} * options.positions;
  stage.kv_dtype = options.kv;
  stage.quantise = options.quantise;
  return stage;
}

class ModelDrafter : public Drafter {
 public:
  ModelDrafter(Device& device, std::unique_ptr<Checkpoint> checkpoint,
               const ModelDrafterOptions& options)
      : device_(device),
        options_(options),
        checkpoint_(std::move(checkpoint)),
        stage_(device, *checkpoint_, OptionsFor(checkpoint_->config(), options)) {}

  void Begin(std::int32_t sequence, std::span<const std::int32_t> text) override {
    Text& known = texts_[sequence];
    known.tokens.assign(text.begin(), text.end());
    Batch open;
    open.open = {{sequence, options_.positions, -1}};
    stage_.Forward(open);
  }
  void Extend(std::int32_t sequence, std::span<const std::int32_t> tokens,
              const Candidates&) override {
    std::vector<std::int32_t>& known = texts_.at(sequence).tokens;
    known.insert(known.end(), tokens.begin(), tokens.end());
  }
  TokenTree Draft(std::int32_t sequence, int most_rows) override {
    return Chain(sequence, {}, most_rows);
  }
  TokenTree DraftBehind(std::int32_t sequence, std::span<const std::int32_t> guess,
                        int most_rows) override {
    return Chain(sequence, guess, most_rows);
  }
  void End(std::int32_t sequence) override {
    texts_.erase(sequence);
    Batch close;
    close.close = {sequence};
    stage_.Forward(close);
  }

 private:
  struct Text {
    std::vector<std::int32_t> tokens;
    std::size_t read = 0;   // of them, as context of the small model
    std::int32_t next = 0;  // its token after them
  };

  // Its greedy token after these rows.
  std::int32_t Next(const BatchItem& item) {
    Batch batch;
    batch.phase = BatchPhase::kStep;
    batch.items = {item};
    stage_.Forward(batch);
    std::int32_t token = 0;
    float logit = 0;
    device_.TopK(stage_.ComputeLogits(), 1, std::span(&token, 1), std::span(&logit, 1));
    CheckDraftLogits(std::span(&logit, 1), "--draft model:" + checkpoint_->source());
    return token;
  }

  static BatchItem ItemOf(std::int32_t sequence, std::span<const std::int32_t> tokens) {
    return CausalBatch(sequence, tokens, true).items.front();
  }

  // Makes all known tokens context.
  void CatchUp(std::int32_t sequence, Text& text) {
    while (text.read < text.tokens.size()) {
      const auto rest = std::span<const std::int32_t>(text.tokens).subspan(text.read);
      const auto rows = rest.first(std::min<std::size_t>(rest.size(), kRows));
      text.next = Next(ItemOf(sequence, rows));
      text.read += rows.size();
    }
  }

  TokenTree Chain(std::int32_t sequence, std::span<const std::int32_t> guess, int most_rows) {
    Text& text = texts_.at(sequence);
    CatchUp(sequence, text);
    TokenTree tree{{guess.empty() ? text.tokens.back() : guess.back()}, {-1}};
    std::int32_t next = text.next;
    std::int32_t last_row = -1;  // of the newest provisional item
    const auto go_on = [&](std::span<const std::int32_t> tokens) {
      BatchItem item = ItemOf(sequence, tokens);
      item.provisional = true;
      item.follows = last_row;
      next = Next(item);
      last_row = static_cast<std::int32_t>(tokens.size()) - 1;
    };
    while (!guess.empty()) {
      const std::size_t rows = std::min<std::size_t>(guess.size(), kRows);
      go_on(guess.first(rows));
      guess = guess.subspan(rows);
    }
    const int length = std::min(options_.length, most_rows - 1);
    for (int i = 0; i < length; ++i) {
      tree.parents.push_back(i);
      tree.tokens.push_back(next);
      if (i + 1 < length) go_on(std::vector<std::int32_t>{next});
    }
    return tree;
  }

  Device& device_;
  ModelDrafterOptions options_;
  std::unique_ptr<Checkpoint> checkpoint_;
  Stage stage_;
  std::map<std::int32_t, Text> texts_;
};

}  // namespace

std::unique_ptr<Checkpoint> OpenDraftModel(const std::string& path, Checkpoint& target) {
  std::unique_ptr<Checkpoint> checkpoint = OpenCheckpoint(path);
  const int own = checkpoint->config().vocab;
  if (own != target.config().vocab) {
    FailUser(
        "--draft model:{}: it has {} tokens, the model {} has {}; take a small model with the "
        "same vocabulary",
        path, own, target.config().name, target.config().vocab);
  }
  if (FingerprintWeights(*checkpoint) == FingerprintWeights(target)) {
    FailUser("--draft model:{}: it is the model itself; take a smaller one", path);
  }
  return checkpoint;
}

StageMemory PlanModelDrafterMemory(const Device& device, Checkpoint& checkpoint,
                                   const ModelDrafterOptions& options) {
  return PlanStageMemory(device, checkpoint, OptionsFor(checkpoint.config(), options));
}

std::unique_ptr<Drafter> MakeModelDrafter(Device& device, std::unique_ptr<Checkpoint> checkpoint,
                                          const ModelDrafterOptions& options) {
  return std::make_unique<ModelDrafter>(device, std::move(checkpoint), options);
}

}  // namespace jupiter
