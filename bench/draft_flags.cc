#include "bench/draft_flags.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <map>

#include "bench/metrics.h"
#include "kernels/base/check.h"
#include "parallel/agreement.h"
#include "parallel/decoding/fixed_drafter.h"
#include "parallel/decoding/model_drafter.h"
#include "parallel/decoding/ngram_drafter.h"
#include "parallel/decoding/tree_drafter.h"
#include "parallel/together.h"

namespace jupiter {
namespace {

// Nodes of a planned tree at most, and rows of which steps are measured for it.
constexpr int kMostPlannedNodes = 63;
constexpr int kMeasuredRows[] = {2, 4, 8, 16, 32, 64};
constexpr int kMeasuredTokens = 6;
constexpr int kMostLength = 64;

// "medusa:FILE" as FILE; nothing when it begins otherwise.
std::optional<std::string> PathBehind(const std::string& text, const std::string& kind) {
  if (text.compare(0, kind.size() + 1, kind + ":") != 0) return std::nullopt;
  return text.substr(kind.size() + 1);
}

// Seconds between two results of a request, of steps of so many rows. Collective.
double MeasureStep(Session& session, int rows) {
  std::unique_ptr<Drafter> drafter;
  if (rows > 1) drafter = MakeFixedDrafter(rows);
  RunOptions options;
  options.drafter = drafter.get();
  options.drafts = rows > 1;
  Request request;
  request.prompt = {1, 2, 3, 4};
  request.max_tokens = std::min(kMeasuredTokens, session.max_tokens());
  const std::vector<Generation> generations = session.Run({{}, {request}}, options, {}, nullptr);
  if (generations.empty()) return 0;
  std::vector<double> gaps;
  const std::vector<double>& times = generations.front().times;
  for (std::size_t i = 1; i < times.size(); ++i) {
    if (times[i] > times[i - 1]) gaps.push_back(times[i] - times[i - 1]);
  }
  return Quantile(gaps, 0.5);
}

// Between measured row counts; never falling.
double Interpolate(const std::map<int, double>& seconds, int rows) {
  const auto above = seconds.lower_bound(rows);
  if (above == seconds.end()) {
    return std::prev(above)->second * rows / std::prev(above)->first;
  }
  if (above == seconds.begin()) return above->second;
  const auto below = std::prev(above);
  const double part =
      static_cast<double>(rows - below->first) / static_cast<double>(above->first - below->first);
  return std::max(below->second, below->second + part * (above->second - below->second));
}

}  // namespace

void AddDraftFlags(CLI::App& app, DraftFlags& flags) {
  app.add_option("--draft", flags.draft,
                 "tokens to verify in one step: none, ngram (copied from the text), medusa:FILE "
                 "(heads of jupiter_medusa) or model:FILE (a small model on rank 0)")
      ->capture_default_str();
  app.add_option("--tree", flags.tree,
                 "with medusa: auto (planned from the acceptance beside the heads and from steps "
                 "measured here), or a file of paths")
      ->capture_default_str();
  app.add_option("--speculate", flags.speculate,
                 "once (wait for each verdict), or continuous (trees that go on from the likeliest "
                 "path of the one before fill the stages)")
      ->capture_default_str();
  app.add_option("--draft-length", flags.length, "drafted tokens of ngram and model")
      ->capture_default_str();
}

Drafting::Drafting(const DraftFlags& flags) : flags_(flags) {
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
  continuous_ = flags.speculate == "continuous";
  if (!continuous_ && flags.speculate != "once") {
    FailUser("--speculate {}: expected once or continuous", flags.speculate);
  }
  if (continuous_ && !any()) FailUser("--speculate continuous needs drafts; give --draft");
  if (flags.tree != "auto" && kind_ != Kind::kMedusa) {
    FailUser("--tree {}: trees are for --draft medusa:FILE", flags.tree);
  }
  if (flags.length < 1 || flags.length > kMostLength) {
    FailUser("--draft-length is {}, expected 1 to {}", flags.length, kMostLength);
  }
}

void Drafting::ReadFiles(Transport& transport) {
  if (kind_ != Kind::kMedusa) return;
  std::string text;
  if (flags_.tree != "auto") {
    OnFirstRank(transport, [&] { text = ToYaml(LoadDraftTree(flags_.tree)); });
    tree_ = ParseDraftTree(Broadcast(transport, text, 0), flags_.tree);
    return;
  }
  const std::string file = std::filesystem::path(path_).replace_extension(".json").string();
  OnFirstRank(transport, [&] {
    if (!std::filesystem::is_regular_file(file)) {
      FailUser("--tree auto: no {}, which says how often the heads of {} are right; measure them "
               "with jupiter_medusa --measure, or give --tree FILE",
               file, path_);
    }
    text = ToJson(LoadAcceptance(file));
  });
  acceptance_ = ParseAcceptance(Broadcast(transport, text, 0), file);
}

void Drafting::Apply(SessionOptions& options, int ranks) const {
  if (!any()) return;
  options.under_way = continuous_ ? ranks : 1;
  options.step_rows = flags_.length + 1;
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

void Drafting::PlanTree(Session& session) {
  std::map<int, double> seconds;
  const double plain = MeasureStep(session, 1);
  for (int rows : kMeasuredRows) seconds[rows] = MeasureStep(session, rows);
  if (!session.is_source()) return;
  for (auto& [rows, value] : seconds) value = std::max(value, plain);
  TreeProblem problem{*acceptance_, [&](int rows) { return Interpolate(seconds, rows); }, plain,
                      kMostPlannedNodes, {}};
  plan_ = jupiter::PlanTree(problem);
  tree_ = plan_->best.tree;
}

std::unique_ptr<Drafter> Drafting::Make(Session& session, Device& device, Checkpoint& checkpoint,
                                        const SessionOptions& options) {
  if (kind_ == Kind::kMedusa && acceptance_) PlanTree(session);
  if (!any() || !session.is_source()) return nullptr;
  switch (kind_) {
    case Kind::kNone: return nullptr;
    case Kind::kNgram: return MakeNgramDrafter({.nodes = flags_.length, .depth = flags_.length});
    case Kind::kMedusa: return MakeTreeDrafter(tree_);
    case Kind::kModel: break;
  }
  return MakeModelDrafter(device, checkpoint,
                          {.path = path_,
                           .quantise = options.quantise,
                           .kv = options.kv,
                           .length = flags_.length,
                           .positions = session.positions()});
}

std::string Drafting::Describe() const {
  if (!any()) return {};
  std::string text = fmt::format("drafts: {}, {}", flags_.draft, flags_.speculate);
  if (kind_ != Kind::kMedusa) return fmt::format("{}, {} tokens", text, flags_.length);
  text += fmt::format(", tree of {} nodes", tree_.nodes.size());
  if (!plan_) return text;
  const RatedTree& best = plan_->best;
  return fmt::format("{}, planned: {:.2f} tokens per step expected, {:.2f} ms per step ({:.2f} "
                     "plain), {:.2f} times as fast",
                     text, best.tokens, best.seconds * 1e3, plan_->plain.seconds * 1e3, best.gain);
}

}  // namespace jupiter
