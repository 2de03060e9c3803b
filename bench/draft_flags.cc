#include "bench/draft_flags.h"

#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <set>

#include "bench/step_meter.h"
#include "kernels/base/check.h"
#include "parallel/agreement.h"
#include "parallel/decoding/ngram_drafter.h"
#include "parallel/decoding/tree_drafter.h"
#include "parallel/together.h"

namespace jupiter {
namespace {

// Nodes of a planned tree at most, and rows of which steps are measured for it.
constexpr int kMostPlannedNodes = 63;
const std::vector<int> kMeasuredRows = {2, 4, 8, 16, 32, 64};
constexpr int kUsualLength = 4;
constexpr int kMostLength = 63;

constexpr const char* kDraftHelp =
    "tokens to verify in one step: none, ngram (copied from the text), medusa:FILE (heads of "
    "jupiter_medusa) or model:FILE (a small model on rank 0)";
constexpr const char* kSpeculateHelp =
    "once (wait for each verdict), or continuous (trees that go on from the likeliest path of the "
    "one before fill the stages)";

void AddDetails(CLI::App& app, DraftFlags& flags) {
  app.add_option("--tree", flags.tree,
                 "of --draft medusa: auto (default: planned from the acceptance beside the heads "
                 "and from steps measured here), or a file of paths");
  app.add_option("--draft-length", flags.length,
                 fmt::format("tokens that ngram and model draft (default {})", kUsualLength));
}

// "medusa:FILE" as FILE; nothing when it begins otherwise.
std::optional<std::string> PathBehind(const std::string& text, const std::string& kind) {
  if (text.compare(0, kind.size() + 1, kind + ":") != 0) return std::nullopt;
  if (text.size() == kind.size() + 1) {
    FailUser("--draft {}: no file is named, expected {}:FILE", text, kind);
  }
  return text.substr(kind.size() + 1);
}

bool IsMedusa(const std::string& draft) { return draft.compare(0, 7, "medusa:") == 0; }

}  // namespace

void AddDraftFlags(CLI::App& app, DraftFlags& flags) {
  app.add_option("--draft", flags.draft, kDraftHelp)->capture_default_str();
  app.add_option("--speculate", flags.speculate, kSpeculateHelp)->capture_default_str();
  AddDetails(app, flags);
}

void AddDraftChoices(CLI::App& app, DraftChoices& choices) {
  app.add_option("--draft", choices.drafts,
                 std::string("rows with drafts beside those without; several, comma-separated: ") +
                     kDraftHelp)
      ->delimiter(',');
  app.add_option("--speculate", choices.speculate,
                 std::string("of every --draft; one or both, comma-separated: ") + kSpeculateHelp)
      ->delimiter(',')
      ->capture_default_str();
  AddDetails(app, choices.details);
}

std::vector<DraftFlags> DraftChoices::All() const {
  CheckDetailsAreUsed();
  std::vector<DraftFlags> all;
  std::set<std::string> names;
  for (const std::string& draft : drafts) {
    for (const std::string& how : speculate) {
      DraftFlags flags{draft, how, {}, {}};
      if (IsMedusa(draft)) {
        flags.tree = details.tree;
      } else {
        flags.length = details.length;
      }
      const Drafting drafting(flags);
      if (!names.insert(drafting.name()).second) {
        FailUser("--draft {}: {} is there already; rows would have the same name", draft,
                 drafting.name());
      }
      all.push_back(std::move(flags));
    }
  }
  return all;
}

void DraftChoices::CheckDetailsAreUsed() const {
  const auto medusas = std::count_if(drafts.begin(), drafts.end(), IsMedusa);
  if (drafts.empty() && speculate != std::vector<std::string>{"once"}) {
    FailUser("--speculate {}: nothing is drafted; give --draft", fmt::join(speculate, ","));
  }
  if (std::count(drafts.begin(), drafts.end(), "none") > 0) {
    FailUser("--draft none: rows without drafts are there anyway; leave it out");
  }
  if (details.tree && medusas == 0) {
    FailUser("--tree {}: trees are for --draft medusa:FILE", *details.tree);
  }
  if (details.length && medusas == std::ssize(drafts)) {
    FailUser("--draft-length {}: it is for --draft ngram and model:FILE", *details.length);
  }
}

Drafting::Drafting(const DraftFlags& flags)
    : flags_(flags),
      continuous_(flags.speculate == "continuous"),
      length_(flags.length.value_or(kUsualLength)) {
  const auto medusa = PathBehind(flags.draft, "medusa");
  const auto model = PathBehind(flags.draft, "model");
  path_ = medusa.value_or(model.value_or(""));
  if (flags.draft == "ngram") {
    kind_ = Kind::kNgram;
  } else if (medusa) {
    kind_ = Kind::kMedusa;
  } else if (model) {
    kind_ = Kind::kModel;
  } else if (flags.draft != "none") {
    FailUser("--draft {}: expected none, ngram, medusa:FILE or model:FILE", flags.draft);
  }
  CheckDetails();
}

// Flags that would change nothing are refused.
void Drafting::CheckDetails() const {
  if (!continuous_ && flags_.speculate != "once") {
    FailUser("--speculate {}: expected once or continuous", flags_.speculate);
  }
  if (continuous_ && !any()) FailUser("--speculate continuous needs drafts; give --draft");
  if (flags_.tree && kind_ != Kind::kMedusa) {
    FailUser("--tree {}: trees are for --draft medusa:FILE", *flags_.tree);
  }
  if (!flags_.length) return;
  if (kind_ != Kind::kNgram && kind_ != Kind::kModel) {
    FailUser("--draft-length {}: it is for --draft ngram and model:FILE", *flags_.length);
  }
  if (length_ < 1 || length_ > kMostLength) {
    FailUser("--draft-length is {}, expected 1 to {}", length_, kMostLength);
  }
}

std::string Drafting::name() const {
  const std::string kind = flags_.draft.substr(0, flags_.draft.find(':'));
  return continuous_ ? kind + "-continuous" : kind;
}

void Drafting::ReadFiles(Transport& transport) {
  if (kind_ != Kind::kMedusa) return;
  std::string text;
  const std::string tree = flags_.tree.value_or("auto");
  if (tree != "auto") {
    OnFirstRank(transport, [&] { text = ToYaml(LoadDraftTree(tree)); });
    tree_ = ParseDraftTree(Broadcast(transport, text, 0), tree);
    return;
  }
  const std::string file = std::filesystem::path(path_).replace_extension(".json").string();
  OnFirstRank(transport, [&] {
    if (!std::filesystem::is_regular_file(file)) {
      FailUser(
          "--tree auto: no {}, which says how often the heads of {} are right; measure them "
          "with jupiter_medusa --measure {} --acceptance {}, or give --tree FILE",
          file, path_, path_, file);
    }
    text = ToJson(LoadAcceptance(file));
  });
  acceptance_ = ParseAcceptance(Broadcast(transport, text, 0), file);
}

void Drafting::Apply(SessionOptions& options, int ranks) const {
  if (!any()) return;
  options.under_way = continuous_ ? ranks : 1;
  options.step_rows = length_ + 1;
  if (kind_ == Kind::kModel) {
    options.draft_model = path_;
    options.draft_length = length_;
  }
  if (kind_ != Kind::kMedusa) return;
  options.medusa = path_;
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
  switch (kind_) {
    case Kind::kNone: break;
    case Kind::kNgram: drafter_ = MakeNgramDrafter({.nodes = length_, .depth = length_}); break;
    case Kind::kMedusa: drafter_ = MakeTreeDrafter(tree_); break;
    case Kind::kModel: return session.draft_model();
  }
  return drafter_.get();
}

std::string Drafting::Describe() const {
  if (!any()) return {};
  std::string text = fmt::format("drafts: {}, {}", flags_.draft, flags_.speculate);
  if (kind_ != Kind::kMedusa) return fmt::format("{}, {} tokens", text, length_);
  text += fmt::format(", tree of {} nodes", tree_.nodes.size());
  if (!plan_) return text;
  const RatedTree& best = plan_->best;
  return fmt::format(
      "{}, planned: {:.2f} tokens per step expected, {:.2f} ms per step ({:.2f} "
      "plain), {:.2f} times as fast",
      text, best.tokens, best.seconds * 1e3, plan_->plain.seconds * 1e3, best.gain);
}

}  // namespace jupiter
