#include "bench/measure/drafting.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "bench/measure/step_meter.h"
#include "kernels/base/check.h"
#include "parallel/decoding/ngram_drafter.h"
#include "parallel/decoding/tree_drafter.h"
#include "parallel/transport/agreement.h"
#include "parallel/transport/peer_bytes.h"
#include "parallel/transport/together.h"
#include "planning/drafts/draft_tree_file.h"

namespace jupiter {
namespace {

// Rows of which steps are measured for a planned tree.
const std::vector<int> kMeasuredRows = {2, 4, 8, 16, 32, 64};

}  // namespace

Drafting::Drafting(const DraftFlags& flags) : flags_(flags), request_(ParseDraft(flags)) {}

void Drafting::ReadFiles(Transport& transport) {
  if (request_.source != DraftSource::kMedusa) return;
  std::string text;
  const std::string tree = request_.tree.value_or("auto");
  if (tree != "auto") {
    OnFirstRank(transport, [&] { text = ToYaml(LoadDraftTree(tree)); });
    text = Broadcast(transport, text, 0);
    tree_ = ParsePeer(transport, 0, "a draft tree", [&] { return ParseDraftTree(text, tree); });
    return;
  }
  const std::string file = std::filesystem::path(request_.path).replace_extension(".json").string();
  OnFirstRank(transport, [&] {
    if (!std::filesystem::is_regular_file(file)) {
      FailUser(
          "--tree auto: no {}, which says how often the heads of {} are right; measure them "
          "with jupiter_medusa --measure {} --acceptance {}, or give --tree FILE",
          file, request_.path, request_.path, file);
    }
    text = ToJson(LoadAcceptance(file));
  });
  text = Broadcast(transport, text, 0);
  acceptance_ = ParsePeer(transport, 0, "the acceptance of drafts",
                          [&] { return ParseAcceptance(text, file); });
}

void Drafting::Apply(SessionOptions& options, int ranks) const {
  if (!any()) return;
  options.in_flight = request_.continuous ? ranks : 1;
  options.step_rows = request_.length + 1;
  if (request_.source == DraftSource::kModel) {
    options.draft_model = request_.path;
    options.draft_length = request_.length;
  }
  if (request_.source != DraftSource::kMedusa) return;
  options.medusa = request_.path;
  options.step_rows = acceptance_ ? kMostPlannedNodes + 1 : tree_.rows();
  options.medusa_heads = acceptance_ ? acceptance_->heads() : tree_.depth();
  if (acceptance_) {
    options.medusa_ranks = acceptance_->ranks();
  } else {
    const std::vector<int> widths = tree_.Widths();
    options.medusa_ranks = *std::max_element(widths.begin(), widths.end());
  }
}

void Drafting::PlanTree(Transport& transport, Session& session, int prompt_tokens) {
  if (session.max_tokens() < 2) {
    tree_ = LikeliestTree(*acceptance_, 1);  // never asked for
    return;
  }
  const StepSeconds seconds = MeasureSteps(transport, session, prompt_tokens, kMeasuredRows);
  if (!session.is_source()) return;
  const TreeProblem problem{*acceptance_,
                            [&](int rows) { return seconds.At(rows); },
                            seconds.plain,
                            kMostPlannedNodes,
                            {}};
  plan_ = jupiter::PlanTree(problem);
  tree_ = plan_->best.tree;
}

Drafter* Drafting::Prepare(Transport& transport, Session& session, int prompt_tokens) {
  if (acceptance_) PlanTree(transport, session, prompt_tokens);
  if (!session.is_source()) return nullptr;
  switch (request_.source) {
    case DraftSource::kNone: break;
    case DraftSource::kNgram:
      drafter_ = MakeNgramDrafter({.nodes = request_.length, .depth = request_.length});
      break;
    case DraftSource::kMedusa: drafter_ = MakeTreeDrafter(tree_); break;
    case DraftSource::kModel: return session.draft_model();
  }
  return drafter_.get();
}

std::string Drafting::Inputs() const {
  if (request_.source != DraftSource::kMedusa) return {};
  return acceptance_ ? ToJson(*acceptance_) : ToYaml(tree_);
}

std::string Drafting::Describe() const {
  if (!any()) return {};
  std::string text = fmt::format("drafts: {}, {}", flags_.draft, flags_.speculate);
  if (request_.source != DraftSource::kMedusa)
    return fmt::format("{}, {} tokens", text, request_.length);
  text += fmt::format(", tree of {} nodes", tree_.nodes.size());
  if (!plan_) return text;
  const RatedTree& best = plan_->best;
  return fmt::format(
      "{}, planned: {:.2f} tokens per step expected, {:.2f} ms per step ({:.2f} "
      "plain), {:.2f} times as fast",
      text, best.tokens, best.seconds * 1e3, plan_->plain.seconds * 1e3, best.gain);
}

}  // namespace jupiter
