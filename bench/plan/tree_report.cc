#include "bench/plan/tree_report.h"

#include <nlohmann/json.hpp>

#include "kernels/base/check.h"
#include "planning/drafts/draft_tree_file.h"
#include "planning/text/json_reader.h"

namespace jupiter {
namespace {

std::string ShowTreeLine(const RatedTree& tree) {
  return fmt::format("  {:<24} {:>5} {:>5} {:>11.3f} {:>10.2f} {:>10.2f} {:>6.2f}\n", tree.name,
                     tree.tree.nodes.size(), tree.tree.depth(), tree.tokens, tree.seconds * 1e3,
                     tree.rate, tree.gain);
}

std::string Indented(const std::string& lines) {
  std::string text = "    ";
  for (const char c : lines) {
    text += c;
    if (c == '\n') text += "    ";
  }
  return text.substr(0, text.size() - 4);
}

Json RatedJson(const RatedTree& tree) {
  return {{"name", tree.name},          {"nodes", tree.tree.nodes.size()},
          {"depth", tree.tree.depth()}, {"tokens_per_step", tree.tokens},
          {"step_s", tree.seconds},     {"tokens_per_s", tree.rate},
          {"gain", tree.gain}};
}

}  // namespace

std::string ShowTrees(const TreePlan& plan) {
  std::string text = fmt::format("  {:<24} {:>5} {:>5} {:>11} {:>10} {:>10} {:>6}\n", "draft tree",
                                 "nodes", "depth", "tokens/step", "ms/step", "tokens/s", "gain");
  text += ShowTreeLine(plan.plain) + ShowTreeLine(plan.best);
  for (const RatedTree& fixed : plan.fixed) text += ShowTreeLine(fixed);
  if (plan.best.gain <= 1) text += "  no tree is faster than plain decoding\n";
  return text + "  the planned tree:\n" + Indented(ToYaml(plan.best.tree));
}

std::string ToJson(const TreePlan& plan) {
  Json json = {{"plain", RatedJson(plan.plain)}, {"planned", RatedJson(plan.best)}};
  json["planned"]["paths"] = PathsOf(plan.best.tree);
  json["fixed"] = Json::array();
  for (const RatedTree& fixed : plan.fixed) json["fixed"].push_back(RatedJson(fixed));
  return DumpJson(json);
}

}  // namespace jupiter
