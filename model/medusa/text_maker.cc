#include "model/medusa/text_maker.h"

#include <algorithm>
#include <map>
#include <utility>

#include "kernels/base/check.h"
#include "kernels/base/rng.h"
#include "model/sampling/finite_check.h"

namespace jupiter {
namespace {

// A text that is being written.
struct Draft {
  Text text;
  std::size_t prompt = 0;  // tokens
  std::size_t fed = 0;     // tokens that the model has seen
  SamplingOptions sampling;
};

class TextMaker {
 public:
  TextMaker(Stage& stage, std::span<const std::vector<std::int32_t>> prompts,
            const TextOptions& options)
      : stage_(stage),
        prompts_(prompts),
        options_(options),
        slots_(static_cast<std::size_t>(stage.options().max_head_rows)),
        hidden_(stage.workspace().residual.columns()) {}

  std::vector<Text> Make(std::int64_t positions, const TextProgress& progress) {
    while (Collected() < positions) {
      // Texts that add nothing on average never will.
      if (counted_ > positions + std::ssize(slots_)) {
        FailUser(
            "the model ends its texts at once: {} texts have {} usable positions; give other "
            "prompts",
            counted_, collected_);
      }
      Step();
      progress(std::min(positions, Collected()));
    }
    stage_.CloseAll();
    return Taken(positions);
  }

 private:
  // Positions of the first texts that are all finished.
  std::int64_t Collected() {
    for (auto found = finished_.find(counted_); found != finished_.end();
         found = finished_.find(counted_)) {
      collected_ += found->second.positions();
      ++counted_;
    }
    return collected_;
  }

  // As few texts as are enough.
  std::vector<Text> Taken(std::int64_t positions) {
    std::vector<Text> texts;
    for (auto& [index, text] : finished_) {
      if (positions <= 0) break;
      positions -= text.positions();
      if (text.positions() > 0) texts.push_back(std::move(text));
    }
    return texts;
  }

  void Begin(Draft& draft, Batch& batch, std::int32_t slot) {
    const std::int64_t index = next_++;
    const std::vector<std::int32_t>& prompt =
        prompts_[static_cast<std::size_t>(index) % prompts_.size()];
    const CounterRng rng(Mix64(options_.sampling.seed) ^ static_cast<std::uint64_t>(index));
    const auto drawn = rng.Bits(0) % static_cast<std::uint64_t>(options_.drawn + 1);
    draft = {};
    draft.text.tokens = prompt;
    draft.prompt = prompt.size();
    draft.text.greedy = static_cast<int>(prompt.size() + drawn);
    draft.sampling = options_.sampling;
    draft.sampling.seed = rng.Bits(1);
    indices_[slot] = index;
    // In place of the text before it.
    batch.open.push_back({slot, draft.text.greedy + options_.greedy, -1});
  }

  // One more row of every text.
  void Step() {
    Batch batch;
    batch.phase = BatchPhase::kStep;
    for (std::size_t slot = 0; slot < slots_.size(); ++slot) {
      const auto id = static_cast<std::int32_t>(slot);
      Draft& draft = slots_[slot];
      if (draft.text.tokens.empty()) Begin(draft, batch, id);
      BatchItem item;
      item.sequence = id;
      item.tokens = {draft.text.tokens[draft.fed++]};
      item.head_rows = {0};
      batch.items.push_back(std::move(item));
    }
    stage_.Forward(batch);
    TakeResults();
  }

  void TakeResults() {
    Device& device = stage_.device();
    const ConstTensorView logits = stage_.ComputeLogits();
    std::vector<float> scores(static_cast<std::size_t>(logits.rows * logits.columns));
    device.Export(logits, HostView(scores.data(), logits.rows, logits.columns));
    std::vector<float> rows(slots_.size() * static_cast<std::size_t>(hidden_));
    device.Export(stage_.HeadInput(), HostView(rows.data(), logits.rows, hidden_));
    for (std::size_t slot = 0; slot < slots_.size(); ++slot) {
      const auto vocab = static_cast<std::size_t>(logits.columns);
      const auto width = static_cast<std::size_t>(hidden_);
      Extend(static_cast<std::int32_t>(slot), std::span(scores).subspan(slot * vocab, vocab),
             std::span(rows).subspan(slot * width, width));
    }
  }

  void Extend(std::int32_t slot, std::span<const float> logits, std::span<const float> row) {
    Draft& draft = slots_[static_cast<std::size_t>(slot)];
    Text& text = draft.text;
    text.rows.insert(text.rows.end(), row.begin(), row.end());
    if (draft.fed < text.tokens.size()) return;  // inside the prompt
    const std::int64_t index = std::ssize(text.tokens);
    SamplingOptions sampling = index < text.greedy ? draft.sampling : SamplingOptions{};
    CheckLogits(logits, fmt::format("token {} of a text that the model writes", index));
    text.tokens.push_back(SampleToken(sampling, logits, index));
    const auto& ends = options_.end_ids;
    const bool end = std::find(ends.begin(), ends.end(), text.tokens.back()) != ends.end();
    if (!end && std::ssize(text.tokens) < text.greedy + options_.greedy) return;
    finished_[indices_[slot]] = std::move(text);
    draft = {};
  }

  Stage& stage_;
  std::span<const std::vector<std::int32_t>> prompts_;
  const TextOptions& options_;
  std::vector<Draft> slots_;
  std::map<std::int32_t, std::int64_t> indices_;  // of the texts in the slots
  std::map<std::int64_t, Text> finished_;
  std::int64_t hidden_;
  std::int64_t next_ = 0;       // text to begin
  std::int64_t counted_ = 0;    // texts in collected_
  std::int64_t collected_ = 0;  // positions
};

}  // namespace

int Text::positions() const {
  return std::max(0, static_cast<int>(tokens.size()) - 1 - first_position());
}

std::vector<Text> MakeTexts(Stage& stage, std::span<const std::vector<std::int32_t>> prompts,
                            const TextOptions& options, std::int64_t positions,
                            const TextProgress& progress) {
  JUPITER_CHECK(!prompts.empty());
  return TextMaker(stage, prompts, options).Make(positions, progress);
}

}  // namespace jupiter
