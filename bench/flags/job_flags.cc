#include "bench/flags/job_flags.h"

#include <CLI/CLI.hpp>

#include "kernels/base/check.h"

namespace jupiter {
namespace {

void CheckOutlineFlags(const JobFlags& flags) {
  if (flags.skeleton_tokens < 1) {
    FailUser("--skeleton-tokens is {}, expected at least 1", flags.skeleton_tokens);
  }
  if (flags.point_tokens < 0) {
    FailUser("--point-tokens is {}, expected at least 1, or 0 for that of --tokens",
             flags.point_tokens);
  }
  if (ParseOutlineFlag(flags.outline).mode == OutlineFlag::Mode::kNever) return;
  if (flags.ids)
    FailUser("--ids with --outline {}: points are texts; leave one out", flags.outline);
  if (!flags.prompt.ids.empty()) {
    FailUser("--prompt-ids with --outline {}: a question is text; give --prompt", flags.outline);
  }
  if (!flags.requests.empty()) {
    FailUser("--requests with --outline {}: requests are answered in one piece; leave one out",
             flags.outline);
  }
}

}  // namespace

void AddJobFlags(CLI::App& app, JobFlags& flags) {
  app.add_option("-p,--prompt", flags.prompt.text,
                 "text to continue, or with --outline a question");
  app.add_option("--prompt-file", flags.prompt.file, "file with the text");
  app.add_option("--prompt-ids", flags.prompt.ids, "token ids, such as 1,403,407 (no tokenizer)");
  app.add_option("-n,--tokens", flags.tokens, "tokens to generate at most, per answer")
      ->capture_default_str();
  app.add_flag("--ids", flags.ids, "print the generated ids on one line instead of text");
  app.add_flag("--ignore-eos", flags.ignore_eos, "do not stop at the end of the text");
  app.add_option(
         "--outline", flags.outline,
         "answer by way of an outline whose points are written side by side: never, always, "
         "auto (where the question suits it), or file:POINTS with the outline")
      ->capture_default_str();
  app.add_option("--outline-templates", flags.outline_templates,
                 "file with the prompts of outlines, or a shipped one by name")
      ->capture_default_str();
  app.add_option("--chat-format", flags.chat_format,
                 "which of them the model knows: plain, llama2, chatml, or one of your own")
      ->capture_default_str();
  app.add_option("--skeleton-tokens", flags.skeleton_tokens, "tokens of an outline at most")
      ->capture_default_str();
  app.add_option("--point-tokens", flags.point_tokens,
                 "tokens of a point at most (0: as --tokens says)");
  app.add_option("--requests", flags.requests,
                 "file with a JSON object per line, {\"prompt\": TEXT} or {\"prompt_ids\": [..]}, "
                 "also \"id\" and \"tokens\": answered together, a line each on stdout");
  app.add_option("--at-once", flags.at_once, "requests, or points, that run together at most")
      ->capture_default_str();
}

void CheckJobFlags(const JobFlags& flags) {
  CheckOutlineFlags(flags);
  if (flags.tokens < 1) FailUser("--tokens is {}, expected at least 1", flags.tokens);
  if (flags.at_once < 1) FailUser("--at-once is {}, expected at least 1", flags.at_once);
  const PromptFlags& prompt = flags.prompt;
  if (!flags.requests.empty() &&
      !(prompt.text.empty() && prompt.file.empty() && prompt.ids.empty())) {
    FailUser("--requests with a prompt: the file has the prompts; leave one out");
  }
}

std::string DescribeJob(const JobFlags& flags) {
  return fmt::format("outline {}, requests {}", flags.outline, !flags.requests.empty());
}

}  // namespace jupiter
