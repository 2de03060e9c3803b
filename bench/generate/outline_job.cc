// A question that is answered by way of an outline (after Skeleton-of-Thought, arXiv 2307.15337):
// the model writes numbered points, then all points are written side by side, after a prompt whose
// beginning they share.
//
// One run of the session writes the outline, unless a file has it, and another one the points.
// Where the question does not suit an outline, or the outline has fewer than two points or is
// longer than there is room for, the question is answered in one piece.
#include <cstdio>

#include "bench/flags/run_tokenizer.h"
#include "bench/generate/answer_printer.h"
#include "bench/generate/job.h"
#include "bench/generate/outline_size.h"
#include "bench/generate/point_texts.h"
#include "bench/generate/print_answer.h"
#include "bench/generate/set_run.h"
#include "bench/generate/set_statistics.h"
#include "bench/report/metrics.h"
#include "bench/report/run_report.h"
#include "kernels/base/check.h"
#include "model/outline/router.h"
#include "model/tokenizers/utf8_stream.h"
#include "parallel/transport/together.h"

namespace jupiter {
namespace {

// The outline while the model writes it.
class SkeletonText {
 public:
  SkeletonText(const Tokenizer* tokenizer, std::string start)
      : tokenizer_(tokenizer), text_(std::move(start)) {}

  // False when nothing that could follow would count.
  bool Push(std::int32_t token) {
    text_ += stream_.Push(tokenizer_->Piece(token, /*first=*/false));
    return !text_.ends_with('\n') || std::ssize(ParseOutline(text_).points) < kMostOutlinePoints;
  }
  // `cut`: it was ended because it was too long.
  ParsedOutline Parse(bool cut) const { return cut ? ParseCutOutline(text_) : ParseOutline(text_); }

 private:
  const Tokenizer* tokenizer_;
  std::string text_;
  Utf8Stream stream_;
};

// As many points as there may be, without texts.
std::vector<OutlinePoint> EmptyPoints() {
  std::vector<OutlinePoint> points;
  for (int number = 1; number <= kMostOutlinePoints; ++number) points.push_back({number, ""});
  return points;
}

int Count(const std::vector<std::int32_t>& ids) { return static_cast<int>(ids.size()); }

class OutlineJob : public Job {
 public:
  explicit OutlineJob(const JobFlags& flags)
      : flags_(flags), outline_(ParseOutlineFlag(flags.outline)) {}

  JobSize Open(const JobInputs& inputs) override {
    rows_in_flight_ = inputs.rows_in_flight;
    template_ = LoadOutlineTemplate(flags_.outline_templates, flags_.chat_format);
    tokenizer_ = OpenRunTokenizer(inputs.engine, inputs.config);
    question_ = ReadPromptText(flags_.prompt);
    Decide();
    if (way_ == Way::kSkeleton) FallBackWithoutRoom(inputs);
    size_ = SizeOf(need_, inputs);
    return size_;
  }

  JobOutcome Run(const JobRun& run) override {
    AgreeOnWay(run.transport);
    if (way_ == Way::kSkeleton) {
      WriteSkeleton(run);
      AgreeOnWay(run.transport);
    }
    return way_ == Way::kPoints ? WritePoints(run) : WriteAnswer(run);
  }

 private:
  // What comes next.
  enum class Way : std::uint8_t { kSkeleton, kPoints, kAnswer };

  void Decide() {
    need_.point = flags_.TokensOfPoint();
    need_.at_once = flags_.at_once;
    if (outline_.mode == OutlineFlag::Mode::kFile) return TakeOutlineOfFile();
    prompt_ = AnswerPrompt(template_, *tokenizer_, question_);
    need_.answer_prompt = Count(prompt_);
    need_.answer = flags_.tokens;
    if (outline_.mode == OutlineFlag::Mode::kAuto) {
      const RouterVerdict verdict = RouteQuestion(question_);
      fmt::print(stderr, "--outline auto: {} ({})\n",
                 verdict.outline ? "an outline" : "in one piece", verdict.reason);
      if (!verdict.outline) return;
    }
    way_ = Way::kSkeleton;
    skeleton_prompt_ = SkeletonPrompt(template_, *tokenizer_, question_);
    need_.skeleton_prompt = Count(skeleton_prompt_);
    need_.skeleton = flags_.skeleton_tokens;
    need_.expansion = ExpandOutline(template_, *tokenizer_, question_, EmptyPoints());
  }

  void FallBackWithoutRoom(const JobInputs& inputs) {
    const std::string why = WhyNoRoom(need_, inputs);
    if (why.empty()) return;
    NoteOnePiece(why);
    way_ = Way::kAnswer;
    need_.skeleton_prompt = need_.skeleton = 0;
    need_.expansion = {};
  }

  static void NoteOnePiece(const std::string& why) {
    fmt::print(stderr, "note: answered in one piece: {}\n", why);
  }

  void TakeOutlineOfFile() {
    way_ = Way::kPoints;
    points_ = ReadOutlineFile(outline_.file, kMostOutlinePoints);
    need_.expansion = ExpandOutline(template_, *tokenizer_, question_, points_);
  }

  void AgreeOnWay(Transport& transport) {
    const int way = BroadcastNumber(transport, static_cast<int>(way_), 0);
    if (way < 0 || way > static_cast<int>(Way::kAnswer)) {
      transport.FailPeer(0, "how to go on with an outline", fmt::format("{}", way));
    }
    way_ = static_cast<Way>(way);
  }

  std::vector<std::int32_t> EndIds() const {
    return flags_.ignore_eos ? std::vector<std::int32_t>() : tokenizer_->end_ids();
  }

  Request RequestOf(std::vector<std::int32_t> prompt, int tokens, int prefix) const {
    return {std::move(prompt), tokens, EndIds(), prefix};
  }

  // Also sets what follows from it: points_, need_.expansion and way_.
  void WriteSkeleton(const JobRun& run) {
    SkeletonText text(tokenizer_.get(), template_.skeleton_start);
    RequestObserver observer;
    observer.on_token = [&](int, std::int32_t token) { return text.Push(token); };
    RequestSet set;
    set.requests.resize(1);
    if (run.session.is_source()) {
      set.requests[0] = RequestOf(skeleton_prompt_, flags_.skeleton_tokens, -1);
    }
    std::vector<Generation> generations = run.session.Run(set, run.options, observer, run.recorder);
    Together(run.transport, [&] {
      if (!run.session.is_source()) return;
      skeleton_ = std::move(generations.front());
      way_ = Way::kAnswer;
      Expand(text.Parse(std::ssize(skeleton_->tokens) == flags_.skeleton_tokens));
    });
  }

  void Expand(ParsedOutline outline) {
    std::string why;
    if (outline.usable()) {
      points_ = std::move(outline.points);
      need_.expansion = ExpandOutline(template_, *tokenizer_, question_, points_);
      why = WhyTooLong(need_.expansion, need_, size_, rows_in_flight_);
    } else {
      why = WhyNoOutline(outline);
    }
    if (why.empty()) {
      way_ = Way::kPoints;
    } else {
      NoteOnePiece(why);
    }
  }

  JobOutcome WriteAnswer(const JobRun& run) {
    Request request;
    if (run.session.is_source()) request = RequestOf(prompt_, flags_.tokens, -1);
    JobOutcome outcome;
    Generation generation = PrintAnswer(run, request, tokenizer_.get(), /*ids=*/false);
    if (!run.session.is_source()) return outcome;
    const double asked = skeleton_ ? skeleton_->start : generation.start;
    outcome.report = ShowSkeleton() +
                     ShowAnswer(generation, std::ssize(prompt_), generation.start - asked) +
                     ShowWhole(asked, std::span(&generation, 1));
    outcome.generations.push_back(std::move(generation));
    return outcome;
  }

  JobOutcome WritePoints(const JobRun& run) {
    RequestSet set;
    RequestObserver observer;
    std::optional<PointTexts> texts;
    if (run.session.is_source()) {
      fmt::print(stderr, "outline:\n{}\n", OutlineText(points_));
      set.prefixes = {need_.expansion.prefix};
      for (const PointExpansion& point : need_.expansion.points) {
        set.requests.push_back(RequestOf(point.suffix, need_.point, 0));
      }
      texts.emplace(need_.expansion, *tokenizer_, need_.point, PrintNow);
      observer.on_token = [&](int point, std::int32_t token) { return texts->Push(point, token); };
      observer.on_end = [&](int point) { texts->End(point); };
    }
    SetResult result = RunSet(run, set, observer);
    Together(run.transport, [&] {
      if (!run.session.is_source()) return;
      PrintNow("\n");
      CheckPrinted();
    });
    if (!run.session.is_source()) return {};
    JobOutcome outcome;
    outcome.report = ShowSkeleton() + ShowPoints(result, texts->reasons()) +
                     ShowWhole(skeleton_ ? skeleton_->start : result.start, result.generations) +
                     ShowSet(result, run.session.stages());
    outcome.generations = std::move(result.generations);
    return outcome;
  }

  std::string ShowSkeleton() const {
    if (!skeleton_) return {};
    if (skeleton_->times.empty()) {
      return fmt::format("skeleton: {} prompt tokens, 0 tokens\n", skeleton_prompt_.size());
    }
    const RequestMetrics metrics = Measure(skeleton_->start, skeleton_->times);
    return fmt::format("skeleton: {} prompt tokens, {} tokens in {:.2f} ms, TTFT {:.2f} ms\n",
                       skeleton_prompt_.size(), skeleton_->tokens.size(), metrics.e2el * 1e3,
                       metrics.ttft * 1e3);
  }

  std::string ShowPoints(const SetResult& result, const std::vector<StopReason>& reasons) const {
    const SetStatistics set = SummariseSet(result.generations);
    const double seconds = EndOf(result.generations) - result.start;
    std::string text =
        fmt::format("points: {}, {} prompt tokens shared, {} tokens", result.generations.size(),
                    need_.expansion.prefix.size(), set.tokens);
    if (set.tokens > 0) {
      text += fmt::format(" in {:.2f} ms, {:.1f} t/s", seconds * 1e3,
                          Rate(static_cast<double>(set.tokens), seconds));
    }
    text += "\ntokens of each:";
    for (std::size_t i = 0; i < reasons.size(); ++i) {
      text += fmt::format("{} {} ({})", i > 0 ? "," : "", result.generations[i].tokens.size(),
                          Name(reasons[i]));
    }
    return text + "\n";
  }

  static double EndOf(const std::vector<Generation>& generations) {
    double end = 0;
    for (const Generation& generation : generations) {
      if (!generation.times.empty()) end = std::max(end, generation.times.back());
    }
    return end;
  }

  const JobFlags& flags_;
  OutlineFlag outline_;
  Way way_ = Way::kAnswer;
  // Of the source alone.
  int rows_in_flight_ = 0;
  OutlineTemplate template_;
  std::unique_ptr<Tokenizer> tokenizer_;
  std::string question_;
  std::vector<std::int32_t> prompt_;  // the question in one piece
  std::vector<std::int32_t> skeleton_prompt_;
  std::vector<OutlinePoint> points_;
  OutlineNeed need_;
  JobSize size_;
  std::optional<Generation> skeleton_;
};

}  // namespace

std::unique_ptr<Job> MakeOutlineJob(const JobFlags& flags) {
  return std::make_unique<OutlineJob>(flags);
}

}  // namespace jupiter
