#include "bench/flags/draft_flags.h"

#include <algorithm>
#include <set>

#include "kernels/base/check.h"

namespace jupiter {
namespace {

constexpr int kUsualLength = 4;
constexpr int kMostFlagLength = 63;

constexpr const char* kSources =
    "ngram (copied from the text), medusa:FILE (heads of jupiter_medusa) or model:FILE (a small "
    "model on rank 0)";
constexpr const char* kSpeculateHelp =
    "once (wait for each verdict), or continuous (trees that go on from the likeliest path of the "
    "one before fill the stages)";

// "medusa:FILE" as FILE; nothing when it begins otherwise.
std::optional<std::string> PathBehind(const std::string& text, const std::string& kind) {
  if (text.compare(0, kind.size() + 1, kind + ":") != 0) return std::nullopt;
  if (text.size() == kind.size() + 1) {
    FailUser("--draft {}: no file is named, expected {}:FILE", text, kind);
  }
  return text.substr(kind.size() + 1);
}

bool IsMedusa(const std::string& draft) { return draft.starts_with("medusa:"); }
bool HasLength(const std::string& draft) { return draft == "ngram" || draft.starts_with("model:"); }

using Drafts = std::function<std::vector<std::string>()>;

bool AnyDraft(const Drafts& drafts, bool (*is)(const std::string&)) {
  const std::vector<std::string> all = drafts();
  return std::any_of(all.begin(), all.end(), is);
}

void AddDetails(FlagSet& set, DraftFlags& flags, const Drafts& drafts) {
  set.Add("--tree", flags.tree,
          "of --draft medusa: auto (default: planned from the acceptance beside the heads and from "
          "steps measured here), or a file of paths")
      .ActsIf([drafts] { return AnyDraft(drafts, IsMedusa); }, "is for --draft medusa:FILE")
      .SameOnAllRanks();
  set.Add("--draft-length", flags.length,
          fmt::format("tokens that ngram and model draft (default {})", kUsualLength))
      .ActsIf([drafts] { return AnyDraft(drafts, HasLength); },
              "is for --draft ngram and model:FILE")
      .Between(1, kMostFlagLength)
      .SameOnAllRanks();
}

// Drafts that continue one another fill the stages of a pipeline.
std::string WhyNotContinuous(const std::vector<std::string>& ways,
                             const StrategyChoice& strategies) {
  const bool continuous = std::find(ways.begin(), ways.end(), "continuous") != ways.end();
  return continuous ? WhyNone(strategies(), CutsLayers) : "";
}

constexpr const char* kNothingDrafted = "is for drafts; add --draft";

}  // namespace

void AddDraftFlags(FlagSet& set, DraftFlags& flags, const StrategyChoice& strategies) {
  set.Add("--draft", flags.draft, fmt::format("tokens to verify in one step: none, {}", kSources))
      .SameOnAllRanks();
  set.Add("--speculate", flags.speculate, kSpeculateHelp)
      .ActsIf([&flags] { return flags.draft != "none"; }, kNothingDrafted)
      .ActsUnless([&flags, strategies] { return WhyNotContinuous({flags.speculate}, strategies); })
      .SameOnAllRanks();
  AddDetails(set, flags, [&flags] { return std::vector<std::string>{flags.draft}; });
}

void AddDraftChoices(FlagSet& set, DraftChoices& choices, const StrategyChoice& strategies,
                     const std::function<bool()>& emulates) {
  set.Add("--draft", choices.drafts,
          fmt::format("rows with drafts beside those without; several, comma-separated: tokens to "
                      "verify in one step: {}",
                      kSources))
      .ActsIf([emulates] { return !emulates(); },
              "with --emulate: nothing is computed, so no draft can be judged (the tokens of a "
              "step come with --profile NAME)");
  set.Add("--speculate", choices.speculate,
          std::string("of every --draft; one or both, comma-separated: ") + kSpeculateHelp)
      .ActsIf([&choices] { return choices.any(); }, kNothingDrafted)
      .ActsUnless(
          [&choices, strategies] { return WhyNotContinuous(choices.speculate, strategies); });
  AddDetails(set, choices.details, [&choices] { return choices.drafts; });
}

std::string DraftRequest::name() const {
  std::string name;
  switch (source) {
    case DraftSource::kNone: name = "none"; break;
    case DraftSource::kNgram: name = "ngram"; break;
    case DraftSource::kMedusa: name = "medusa"; break;
    case DraftSource::kModel: name = "model"; break;
  }
  return continuous ? name + "-continuous" : name;
}

DraftRequest ParseDraft(const DraftFlags& flags) {
  DraftRequest request;
  const auto medusa = PathBehind(flags.draft, "medusa");
  const auto model = PathBehind(flags.draft, "model");
  request.path = medusa.value_or(model.value_or(""));
  if (flags.draft == "ngram") {
    request.source = DraftSource::kNgram;
  } else if (medusa) {
    request.source = DraftSource::kMedusa;
  } else if (model) {
    request.source = DraftSource::kModel;
  } else if (flags.draft != "none") {
    FailUser("--draft {}: expected none, ngram, medusa:FILE or model:FILE", flags.draft);
  }
  request.tree = flags.tree;
  request.length = flags.length.value_or(kUsualLength);
  request.continuous = flags.speculate == "continuous";
  if (!request.continuous && flags.speculate != "once") {
    FailUser("--speculate {}: expected once or continuous", flags.speculate);
  }
  return request;
}

std::vector<DraftFlags> DraftChoices::All() const {
  if (std::count(drafts.begin(), drafts.end(), "none") > 0) {
    FailUser("--draft none: rows without drafts are there anyway; leave it out");
  }
  std::vector<DraftFlags> all;
  std::set<std::string> names;
  for (const std::string& draft : drafts) {
    for (const std::string& how : speculate) {
      DraftFlags flags{draft, how, {}, {}};
      if (IsMedusa(draft)) flags.tree = details.tree;
      if (HasLength(draft)) flags.length = details.length;
      const std::string name = ParseDraft(flags).name();
      if (!names.insert(name).second) {
        FailUser("--draft {}: {} is there already; rows would have the same name", draft, name);
      }
      all.push_back(std::move(flags));
    }
  }
  return all;
}

}  // namespace jupiter
