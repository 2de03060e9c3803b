#include "bench/flags/job_flags.h"

#include "kernels/base/check.h"

namespace jupiter {
namespace {

// Why flags are idle, in words that follow them.
class JobReasons {
 public:
  explicit JobReasons(const JobFlags& flags) : flags_(flags) {}

  Flag::WhyIdle WithOutline(const char* why) const {
    return [&flags = flags_, why] {
      return flags.outlines() ? fmt::format("with --outline {}: {}", flags.outline, why) : "";
    };
  }
  Flag::WhyIdle WithRequests(const char* why) const {
    return [&flags = flags_, why] {
      return flags.requests.empty() ? "" : fmt::format("with --requests: {}", why);
    };
  }
  Flag::WhyIdle WithoutOutline() const {
    return [&flags = flags_] { return flags.outlines() ? "" : "is for --outline"; };
  }

 private:
  const JobFlags& flags_;
};

void AddPromptFlags(FlagSet& set, JobFlags& flags, const JobReasons& why) {
  constexpr const char* kOfFile = "the file has the prompts";
  set.Add("-p,--prompt", flags.prompt.text, "text to continue, or with --outline a question")
      .ActsUnless(why.WithRequests(kOfFile));
  set.Add("--prompt-file", flags.prompt.file, "file with the text")
      .ActsUnless(why.WithRequests(kOfFile));
  set.Add("--prompt-ids", flags.prompt.ids, "token ids, such as 1,403,407 (no tokenizer)")
      .ActsUnless(why.WithRequests(kOfFile))
      .ActsUnless(why.WithOutline("a question is text; give --prompt"));
}

void AddOutlineFlags(FlagSet& set, JobFlags& flags, const JobReasons& why) {
  set.Add("--outline", flags.outline,
          "answer by way of an outline whose points are written side by side: never, always, auto "
          "(where the question suits it), or file:POINTS with the outline")
      .SameOnAllRanks();
  set.Add("--outline-templates", flags.outline_templates,
          "file with the prompts of outlines, or a shipped one by name")
      .ActsUnless(why.WithoutOutline());
  set.Add("--chat-format", flags.chat_format,
          "which of them the model knows: plain, llama2, chatml, or one of your own")
      .ActsUnless(why.WithoutOutline());
  set.Add("--skeleton-tokens", flags.skeleton_tokens, "tokens of an outline at most")
      .ActsUnless(why.WithoutOutline())
      .ActsIf([&flags] { return !flags.has_outline_file(); },
              "is for an outline that the model writes, not for --outline file:POINTS")
      .AtLeast(1);
  set.Add("--point-tokens", flags.point_tokens, "tokens of a point at most (0: as --n-gen says)")
      .ActsUnless(why.WithoutOutline())
      .AtLeast(0);
}

}  // namespace

void AddJobFlags(FlagSet& set, JobFlags& flags) {
  const JobReasons why(flags);
  AddPromptFlags(set, flags, why);
  set.Add("-n,--n-gen,--tokens", flags.tokens, "tokens to generate at most, per answer")
      .AtLeast(1)
      .ActsIf([&flags] { return flags.point_tokens <= 0 || !flags.has_outline_file(); },
              "with --outline file:POINTS and --point-tokens: there is no text but the points");
  set.AddSwitch("--ids", flags.ids, "print the generated ids on one line instead of text")
      .ActsUnless(why.WithOutline("points are texts"));
  set.AddSwitch("--ignore-eos", flags.ignore_eos, "do not stop at the end of the text");
  AddOutlineFlags(set, flags, why);
  set.Add("--requests", flags.requests,
          "file with a JSON object per line, {\"prompt\": TEXT} or {\"prompt_ids\": [..]}, "
          "also \"id\" and \"tokens\": answered together, a line each on stdout")
      .ActsUnless(why.WithOutline("requests are answered in one piece"))
      .OnAllRanksOrNone();
  set.Add("--at-once", flags.at_once, "requests, or points, that run together at most")
      .ActsIf([&flags] { return !flags.requests.empty() || flags.outlines(); },
              "is for --requests and --outline")
      .AtLeast(1);
}

Flag::WhyIdle UnlessOneAnswer(const JobFlags& flags) {
  const JobReasons why(flags);
  constexpr const char* kOne = "the file is for one prompt";
  return [requests = why.WithRequests(kOne), outline = why.WithOutline(kOne)] {
    const std::string with_requests = requests();
    return with_requests.empty() ? outline() : with_requests;
  };
}

}  // namespace jupiter
