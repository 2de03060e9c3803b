#include "bench/flags/draft_flags.h"

#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <set>

#include "kernels/base/check.h"

namespace jupiter {
namespace {

constexpr int kUsualLength = 4;
constexpr int kMostFlagLength = 63;

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

// Flags that would change nothing are refused.
void CheckDetails(const DraftFlags& flags, const DraftRequest& request) {
  if (!request.continuous && flags.speculate != "once") {
    FailUser("--speculate {}: expected once or continuous", flags.speculate);
  }
  if (request.continuous && !request.any()) {
    FailUser("--speculate continuous needs drafts; give --draft");
  }
  if (flags.tree && request.source != DraftSource::kMedusa) {
    FailUser("--tree {}: trees are for --draft medusa:FILE", *flags.tree);
  }
  if (!flags.length) return;
  if (request.source != DraftSource::kNgram && request.source != DraftSource::kModel) {
    FailUser("--draft-length {}: it is for --draft ngram and model:FILE", *flags.length);
  }
  if (request.length < 1 || request.length > kMostFlagLength) {
    FailUser("--draft-length is {}, expected 1 to {}", request.length, kMostFlagLength);
  }
}

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
  CheckDetails(flags, request);
  return request;
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
      const std::string name = ParseDraft(flags).name();
      if (!names.insert(name).second) {
        FailUser("--draft {}: {} is there already; rows would have the same name", draft, name);
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

}  // namespace jupiter
