// Points of an outline, written side by side after a shared prefix: each has the tokens and logits
// that its prompt gives alone, and the stages are kept busy.
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>

#include "kernels/base/check.h"
#include "kernels/make_device.h"
#include "model/loaders/open_checkpoint.h"
#include "parallel/session/session.h"
#include "parallel/transport/agreement.h"
#include "tests/parallel/decoding/oracle_drafter.h"
#include "tests/parallel/mpi_main.h"

namespace jupiter {
namespace {

using Ids = std::vector<std::int32_t>;

constexpr int kMostPoints = 10;
constexpr int kRows = 6;
constexpr int kVocab = 512;

Ids Prefix() {
  Ids ids;
  for (int i = 0; i < 21; ++i) ids.push_back((17 * i + 3) % kVocab);
  return ids;
}

// Points differ in the lengths of their prompts and of their texts.
Request PointOf(int point) {
  Request request;
  for (int i = 0; i <= (5 * point) % 7; ++i) {
    request.prompt.push_back((29 * i + 13 * point + 1) % kVocab);
  }
  request.max_tokens = 5 + 6 * (point % 3);
  request.prefix = 0;
  return request;
}

// How a point's text ends, beside its length.
struct Stop {
  std::int32_t end_id = -1;   // such a token; -1: none
  std::size_t tokens = 1000;  // so many, when the observer has enough
};

struct Answer {
  Ids tokens;
  std::vector<std::uint64_t> hashes;
  bool operator==(const Answer&) const = default;
};

Answer Cut(Answer answer, const Stop& stop) {
  const auto end = std::find(answer.tokens.begin(), answer.tokens.end(), stop.end_id);
  const std::size_t kept =
      std::min(static_cast<std::size_t>(end - answer.tokens.begin()), stop.tokens);
  answer.tokens.resize(std::min(kept, answer.tokens.size()));
  answer.hashes.resize(answer.tokens.size());
  return answer;
}

// Of the first `points` points: none, a token from the midst of its text, or a number of tokens.
std::vector<Stop> StopsOf(const std::vector<Answer>& alone) {
  std::vector<Stop> stops(alone.size());
  for (std::size_t i = 0; i < alone.size(); ++i) {
    const Ids& tokens = alone[i].tokens;
    if (i % 3 == 1) stops[i].end_id = tokens[tokens.size() / 2];
    if (i % 3 == 2) stops[i].tokens = 1 + i % 5;
  }
  return stops;
}

struct Setting {
  std::string strategy = "local";
  bool drafts = false;
  int in_flight = 1;
  int at_once = kMostPoints;
  int group = 0;
};

class Outliner {
 public:
  explicit Outliner(const Setting& setting)
      : setting_(setting),
        transport_(TestContext()),
        device_(MakeDevice("cpu", {})),
        checkpoint_(OpenCheckpoint("synthetic:tiny:q8_0")) {
    SessionOptions options;
    options.plan.strategy = setting.strategy;
    options.plan.slices = ParseSlices("auto", 4);
    options.prompt_tokens = static_cast<int>(Prefix().size()) + 7;
    options.shorter_prompts = true;
    options.max_tokens = 17;
    options.requests = setting.at_once;
    options.group = setting.group;
    options.step_rows = setting.drafts ? kRows : 1;
    options.in_flight = setting.in_flight;
    session_ = std::make_unique<Session>(transport_, *device_, *checkpoint_, options);
    session_->Load();
  }

  int stages() const { return session_->stages(); }

  // A point by itself. Its prompt is one, but for galaxy, whose order of sums depends on how a
  // prompt is cut: there the prefix is computed first, as it is for several points.
  Answer Alone(int point) {
    RequestSet set{{Prefix()}, {PointOf(point)}};
    if (setting_.strategy != "galaxy") {
      Request& request = set.requests[0];
      request.prompt.insert(request.prompt.begin(), set.prefixes[0].begin(), set.prefixes[0].end());
      request.prefix = -1;
      set.prefixes.clear();
    }
    return Share(session_->Run(set, {}, {}, nullptr)).at(0);
  }

  // The first points; `alone` is what drafts know.
  std::vector<Answer> Points(int points, const std::vector<Answer>& alone,
                             const std::vector<Stop>& stops) {
    RequestSet set{{Prefix()}, {}};
    for (int i = 0; i < points; ++i) {
      set.requests.push_back(PointOf(i));
      const std::int32_t end_id = stops[static_cast<std::size_t>(i)].end_id;
      if (end_id >= 0) set.requests.back().end_ids = {end_id};
    }
    const std::unique_ptr<Drafter> drafter = DrafterFor(set, alone);
    RunOptions options;
    options.drafter = drafter.get();
    options.drafts = setting_.drafts;
    seen_.assign(static_cast<std::size_t>(points), 0);
    ended_.assign(static_cast<std::size_t>(points), 0);
    most_in_flight_ = 0;
    const std::vector<Generation> generations =
        session_->Run(set, options, Observe(stops), nullptr);
    for (const Generation& generation : generations) {
      std::int64_t tokens = 1;  // after the prompt
      for (const DraftStep& step : generation.steps) tokens += step.tokens;
      EXPECT_TRUE(!setting_.drafts || tokens == std::ssize(generation.tokens)) << tokens;
      if (generation.steps.empty() || generation.steps.back().past_end == 0) continue;
      ++cut_runs_;
    }
    return Share(generations);
  }

  // At the source, of the last points: how often each was said to be complete; points that had a
  // step, or their prompt's last slice, in flight at one moment.
  const std::vector<int>& ended() const { return ended_; }
  std::size_t most_in_flight() const { return most_in_flight_; }
  // Texts that ended inside of an accepted run, of all points so far.
  int cut_runs() const { return cut_runs_; }

 private:
  RequestObserver Observe(const std::vector<Stop>& stops) {
    RequestObserver observer;
    observer.on_token = [this, &stops](int point, std::int32_t) {
      in_flight_.erase(point + 1);
      const auto index = static_cast<std::size_t>(point);
      EXPECT_EQ(ended_[index], 0);
      return ++seen_[index] < stops[index].tokens;
    };
    observer.on_end = [this](int point) {
      in_flight_.erase(point + 1);
      ++ended_[static_cast<std::size_t>(point)];
    };
    observer.on_batch = [this](const Batch& batch) {
      for (const BatchItem& item : batch.items) {
        if (!item.head_rows.empty()) in_flight_.insert(item.sequence);
      }
      most_in_flight_ = std::max(most_in_flight_, in_flight_.size());
    };
    return observer;
  }

  std::unique_ptr<Drafter> DrafterFor(const RequestSet& set, const std::vector<Answer>& alone) {
    if (!setting_.drafts || transport_.rank() != 0) return nullptr;
    std::map<std::int32_t, Ids> texts;
    for (std::size_t i = 0; i < set.requests.size(); ++i) {
      Ids& text = texts[static_cast<std::int32_t>(i + 1)];
      text = set.prefixes[0];
      text.insert(text.end(), set.requests[i].prompt.begin(), set.requests[i].prompt.end());
      text.insert(text.end(), alone[i].tokens.begin(), alone[i].tokens.end());
    }
    return std::make_unique<OracleDrafter>(std::move(texts), kVocab);
  }

  // The source's answers on all ranks.
  std::vector<Answer> Share(const std::vector<Generation>& generations) {
    std::string text;
    for (const Generation& generation : generations) {
      text += fmt::format("{} ", generation.tokens.size());
      for (std::size_t i = 0; i < generation.tokens.size(); ++i) {
        text += fmt::format("{} {} ", generation.tokens[i], generation.logits_hashes[i]);
      }
    }
    std::istringstream fields(Broadcast(transport_, text, 0));
    std::vector<Answer> answers;
    for (std::size_t count = 0; fields >> count;) {
      Answer& answer = answers.emplace_back();
      answer.tokens.resize(count);
      answer.hashes.resize(count);
      for (std::size_t i = 0; i < count; ++i) fields >> answer.tokens[i] >> answer.hashes[i];
    }
    return answers;
  }

  Setting setting_;
  Transport transport_;
  std::unique_ptr<Device> device_;
  std::unique_ptr<Checkpoint> checkpoint_;
  std::unique_ptr<Session> session_;
  std::vector<std::size_t> seen_;
  std::vector<int> ended_;
  std::set<std::int32_t> in_flight_;  // sequences
  std::size_t most_in_flight_ = 0;
  int cut_runs_ = 0;
};

// Of every point, its prompt by itself; the same for all settings of a strategy.
const std::vector<Answer>& Alone(const std::string& strategy) {
  static std::map<std::string, std::vector<Answer>> known;
  std::vector<Answer>& answers = known[strategy];
  if (!answers.empty()) return answers;
  Outliner outliner({.strategy = strategy, .at_once = 1});
  for (int point = 0; point < kMostPoints; ++point) answers.push_back(outliner.Alone(point));
  return answers;
}

void ExpectPointsAsAlone(const Setting& setting) {
  const std::vector<Answer>& alone = Alone(setting.strategy);
  const std::vector<Stop> stops = StopsOf(alone);
  Outliner outliner(setting);
  for (int points : {1, 2, 5, kMostPoints}) {
    SCOPED_TRACE(fmt::format("{} points", points));
    const std::vector<Answer> answers = outliner.Points(points, alone, stops);
    ASSERT_EQ(answers.size(), static_cast<std::size_t>(points));
    for (std::size_t i = 0; i < answers.size(); ++i) {
      EXPECT_EQ(answers[i], Cut(alone[i], stops[i])) << "point " << i;
    }
    if (TestContext().rank() != 0) continue;
    EXPECT_EQ(outliner.ended(), std::vector<int>(static_cast<std::size_t>(points), 1));
    EXPECT_GE(outliner.most_in_flight(),
              static_cast<std::size_t>(std::min({points, setting.at_once, outliner.stages()})));
  }
  if (TestContext().rank() != 0 || !setting.drafts) return;
  EXPECT_GT(outliner.cut_runs(), 0);
}

class PointsTest : public testing::TestWithParam<const char*> {};

TEST_P(PointsTest, AreThoseOfTheirPromptsAlone) { ExpectPointsAsAlone({.strategy = GetParam()}); }

TEST_P(PointsTest, WithDrafts) { ExpectPointsAsAlone({.strategy = GetParam(), .drafts = true}); }

TEST_P(PointsTest, WithTreesBehindTreesAndFewerAtOnce) {
  ExpectPointsAsAlone({.strategy = GetParam(), .drafts = true, .in_flight = 2, .at_once = 3});
}

TEST_P(PointsTest, EachInABatchOfItsOwn) {
  ExpectPointsAsAlone({.strategy = GetParam(), .at_once = 4, .group = 1});
}

INSTANTIATE_TEST_SUITE_P(Strategies, PointsTest,
                         testing::Values("local", "sequence", "megatron", "detransformer", "galaxy",
                                         "edgeshard", "jupiter"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace jupiter
