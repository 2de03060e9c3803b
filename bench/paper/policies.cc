#include "bench/paper/policies.h"

#include "kernels/base/check.h"
#include "planning/drafts/scaled_acceptance.h"
#include "planning/drafts/tree_planner.h"

namespace jupiter {
namespace {

const DraftAcceptance& AcceptanceOf(const SpeculationWorkload& workload, const std::string& model) {
  const auto found = workload.acceptance.find(model);
  JUPITER_CHECK(found != workload.acceptance.end(), "{}", model);
  return found->second;
}

// A profile whose passes verify drafts says how many rows they have and what they yield; elsewhere
// the workload does.
DrawnDrafts DrawnDraftsOf(const SpeculationWorkload& workload, const TestbedProfile& profile,
                          const std::string& model, const std::string& config_name, int draw) {
  DrawnDrafts drafts;
  drafts.acceptance = AcceptanceOf(workload, model);
  drafts.seed = workload.seed + static_cast<std::uint64_t>(draw);
  const StepShape own = StepShapeOf(profile, config_name);
  const bool counted = IsSpeculative(profile, config_name);
  drafts.tree = LikeliestTree(drafts.acceptance, counted ? own.rows - 1 : workload.nodes);
  const double fitted = counted ? ScaleFor(drafts.tree, drafts.acceptance, own.tokens) : 1;
  drafts.acceptance = Scaled(std::move(drafts.acceptance), fitted * workload.scale);
  return drafts;
}

void Speculate(const SpeculationWorkload& workload, const TestbedProfile& profile,
               const std::string& config_name, DrawnDrafts drafts, PolicyWork& work) {
  work.step = SpeculativeStep(profile, config_name, drafts.tree.rows(),
                              ExpectedTokens(drafts.tree, drafts.acceptance));
  work.step.tokens = ExpectedTokens(drafts.tree, drafts.acceptance);
  work.heads = workload.heads;
  work.heads.tree_rows = drafts.tree.rows();
  if (!IsSpeculative(profile, config_name)) {
    work.run.heads =
        fmt::format("synthetic:{}{}:{}", workload.heads.heads,
                    workload.heads.own_output ? ":own" : "", Name(workload.heads.weight));
  }
  work.run.drafts = std::move(drafts);
}

// The token after the prompt, and those that are counted.
ShapeRequest RequestOf(int prompt, int tokens) { return {prompt, 1 + tokens}; }

void Outline(const OutlineWorkload& outline, const PaperExperiment& experiment, int draw,
             PolicyWork& work) {
  const int question = experiment.prompt_tokens;
  work.skeleton_tokens = SkeletonTokens(outline);
  const int skeleton_prompt = SkeletonPromptRows(outline, question);
  work.run.sets.push_back({0, {RequestOf(skeleton_prompt, work.skeleton_tokens)}});
  ShapeSet points{SharedPrefixRows(outline, question), {}};
  work.extra_prompt_tokens = skeleton_prompt + points.prefix - question;
  for (int tokens :
       PointLengths(outline, experiment.generated_tokens, static_cast<std::uint64_t>(draw))) {
    points.requests.push_back(RequestOf(outline.point_suffix_tokens, tokens));
    work.extra_prompt_tokens += outline.point_suffix_tokens;
  }
  work.run.sets.push_back(std::move(points));
}

}  // namespace

PolicyWork PolicyWorkOf(const PaperExperiment& experiment, const DecodingPolicy& policy,
                        const TestbedProfile& profile, const std::string& model,
                        const std::string& config_name, int draw) {
  PolicyWork work;
  work.step = PlainStep(profile, config_name);
  if (policy.speculates) {
    const SpeculationWorkload& workload = *experiment.speculation;
    DrawnDrafts drafts = DrawnDraftsOf(workload, profile, model, config_name, draw);
    if (drafts.tree.rows() > 1) {
      Speculate(workload, profile, config_name, std::move(drafts), work);
    }
  } else if (IsSpeculative(profile, config_name)) {
    work.note = "plain pass derived from a speculative one";
  }
  if (policy.outlines) {
    Outline(*experiment.outline, experiment, draw, work);
  } else {
    work.run.sets.push_back(
        {0, {RequestOf(experiment.prompt_tokens, experiment.generated_tokens)}});
  }
  return work;
}

bool IsDrawn(const PaperExperiment& experiment, const DecodingPolicy& policy) {
  if (policy.outlines && experiment.outline->law == LengthLaw::kUniform) return true;
  return policy.speculates;
}

}  // namespace jupiter
