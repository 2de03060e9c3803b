#include "bench/emulate/shape_run.h"

#include <algorithm>
#include <memory>
#include <set>

#include "kernels/base/check.h"
#include "kernels/base/rng.h"
#include "parallel/decoding/fixed_drafter.h"
#include "planning/drafts/draft_tree_file.h"

namespace jupiter {
namespace {

int RowsOfStep(const ShapeRun& run) { return run.drafts ? run.drafts->tree.rows() : 1; }

std::int64_t HeldBySet(const ShapeSet& set, int step_rows) {
  std::int64_t positions = set.prefix;
  for (const ShapeRequest& request : set.requests) {
    positions += request.prompt + request.tokens + step_rows - 1;
  }
  return positions;
}

int LongestAnswer(const ShapeRun& run) {
  int most = 1;
  for (const ShapeSet& set : run.sets) {
    for (const ShapeRequest& request : set.requests) most = std::max(most, request.tokens);
  }
  return most;
}

std::vector<std::int32_t> PromptOf(int tokens) {
  return std::vector<std::int32_t>(static_cast<std::size_t>(tokens), 0);
}

RequestSet ToRequests(const ShapeSet& shapes) {
  RequestSet set;
  if (shapes.prefix > 0) set.prefixes.push_back(PromptOf(shapes.prefix));
  for (const ShapeRequest& shape : shapes.requests) {
    Request request;
    request.prompt = PromptOf(shape.prompt);
    request.max_tokens = shape.tokens;
    request.prefix = shapes.prefix > 0 ? 0 : -1;
    set.requests.push_back(std::move(request));
  }
  return set;
}

}  // namespace

std::vector<int> PromptLengths(const ShapeRun& run) {
  std::set<int> lengths;
  int longest = 0;
  for (const ShapeSet& set : run.sets) {
    if (set.prefix > 0) lengths.insert(set.prefix);
    for (const ShapeRequest& request : set.requests) {
      lengths.insert(request.prompt);
      longest = std::max(longest, set.prefix + request.prompt);
    }
  }
  lengths.insert(longest);
  return {lengths.begin(), lengths.end()};
}

int MostRequests(const ShapeRun& run) {
  std::size_t most = 1;
  for (const ShapeSet& set : run.sets) most = std::max(most, set.requests.size());
  return static_cast<int>(most);
}

std::int64_t HeldPositions(const ShapeRun& run) {
  std::int64_t most = 0;
  for (const ShapeSet& set : run.sets) most = std::max(most, HeldBySet(set, RowsOfStep(run)));
  return most;
}

void SizeFor(SessionOptions& options, const ShapeRun& run) {
  options.prompt_tokens = PromptLengths(run).back();
  options.shorter_prompts = PromptLengths(run).size() > 1;
  options.max_tokens = LongestAnswer(run);
  options.requests = MostRequests(run);
  options.kv_positions = HeldPositions(run);
  options.step_rows = RowsOfStep(run);
  options.medusa = run.heads;
}

std::string KeyOf(const ShapeRun& run) {
  std::string key;
  for (const ShapeSet& set : run.sets) {
    key += fmt::format(" prefix{}", set.prefix);
    for (const ShapeRequest& request : set.requests) {
      key += fmt::format(" pp{}tg{}", request.prompt, request.tokens);
    }
  }
  if (!run.drafts) return key;
  return key + fmt::format(" rows{} drafts{:016x} heads '{}'", run.drafts->tree.rows(),
                           HashBytes(fmt::format("{} {} {}", ToYaml(run.drafts->tree),
                                                 ToJson(run.drafts->acceptance), run.drafts->seed)),
                           run.heads);
}

void RunShapes(Session& session, const ShapeRun& run, Recorder& recorder) {
  RunOptions options;
  std::unique_ptr<Drafter> drafter;
  if (run.drafts) {
    drafter = MakeFixedDrafter(ToParents(run.drafts->tree));
    options.drafter = drafter.get();
    options.drafts = true;
    options.drawn = run.drafts;
  }
  for (std::size_t i = 0; i < run.sets.size(); ++i) {
    // Sequences are numbered from 0 in every set, but draws of sets must differ.
    if (options.drawn) options.drawn->seed = Mix64(run.drafts->seed + i);
    session.Run(ToRequests(run.sets[i]), options, {}, &recorder);
  }
}

}  // namespace jupiter
