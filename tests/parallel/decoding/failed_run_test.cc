// Logits that are not finite end a run on all ranks with one line, and nothing in flight stays: the
// same session answers the next requests as a fresh one does.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <sstream>

#include "kernels/base/check.h"
#include "kernels/make_device.h"
#include "model/loaders/open_checkpoint.h"
#include "parallel/decoding/ngram_drafter.h"
#include "parallel/session/session.h"
#include "parallel/transport/agreement.h"
#include "tests/parallel/mpi_main.h"

namespace jupiter {
namespace {

// A model in which one token is too large for f16, as which hidden rows are rounded here: whatever
// text has it has logits that are no numbers. (Weights that are none are not even loaded.)
class LargeTokenModel : public Checkpoint {
 public:
  LargeTokenModel(const std::string& model, std::int32_t token)
      : Checkpoint(model + " with a large token"), inner_(OpenCheckpoint(model)), token_(token) {
    Publish(inner_->config(), inner_->tensors(), inner_->tensors(),
            [](const std::string& name) { return name; });
  }
  bool in_memory() const override { return inner_->in_memory(); }
  std::string_view format() const override { return "test"; }

 private:
  HostTensor DoRead(const TensorInfo& info, std::int64_t begin, std::int64_t end) override {
    HostTensor tensor = inner_->Read(
        info.name,
        {.row_begin = begin, .row_end = end, .column_begin = 0, .column_end = info.columns});
    if (info.name != "embed" || token_ < begin || token_ >= end) return tensor;
    const auto size = static_cast<std::size_t>((end - begin) * tensor.view.row_bytes);
    const std::shared_ptr<std::byte> copy(new std::byte[size], std::default_delete<std::byte[]>());
    std::memcpy(copy.get(), tensor.view.data, size);
    const float large = 1e6f;
    std::memcpy(copy.get() + (token_ - begin) * tensor.view.row_bytes, &large, sizeof large);
    tensor.view.data = copy.get();
    tensor.storage = copy;
    return tensor;
  }

  std::unique_ptr<Checkpoint> inner_;
  std::int32_t token_;
};

constexpr int kAnswerTokens = 9;
constexpr int kManyRequests = 4;
constexpr std::int32_t kUnused = 511;

RequestSet ManyRequests() {
  RequestSet set;
  for (int i = 0; i < kManyRequests; ++i) {
    Request request;
    for (int k = 0; k < 8; ++k) request.prompt.push_back(17 * (k % 3) + 29 * i + 2);
    request.max_tokens = kAnswerTokens;
    set.requests.push_back(std::move(request));
  }
  return set;
}

struct FailedRun {
  std::string strategy;
  bool drafts = false;
  int in_flight = 1;
};

// One session on a model with a large token.
class LargeTokenSession {
 public:
  LargeTokenSession(const FailedRun& setting, std::int32_t large_token)
      : transport_(TestContext()),
        device_(MakeDevice("cpu", {})),
        checkpoint_("synthetic:tiny", large_token) {
    SessionOptions options;
    options.plan.strategy = setting.strategy;
    options.plan.residual = DType::kF16;
    options.prompt_tokens = 8;
    options.max_tokens = kAnswerTokens;
    options.requests = 3;
    options.step_rows = setting.drafts ? 5 : 1;
    options.in_flight = setting.in_flight;
    session_ = std::make_unique<Session>(transport_, *device_, checkpoint_, options);
    session_->Load();
    run_.drafts = setting.drafts;
    if (!setting.drafts || transport_.rank() != 0) return;
    drafter_ = MakeNgramDrafter({});
    run_.drafter = drafter_.get();
  }

  // The answers, on all ranks; or the line that all of them end with.
  std::vector<std::vector<std::int32_t>> Run(const RequestSet& set) {
    std::string text;
    for (const Generation& generation : session_->Run(set, run_, {}, nullptr)) {
      for (std::int32_t token : generation.tokens) text += std::to_string(token) + " ";
      text += "-1 ";
    }
    std::istringstream fields(Broadcast(transport_, text, 0));
    std::vector<std::vector<std::int32_t>> answers(1);
    for (std::int32_t token = 0; fields >> token;) {
      if (token < 0) {
        answers.emplace_back();
      } else {
        answers.back().push_back(token);
      }
    }
    answers.pop_back();
    return answers;
  }

  std::string ErrorOf(const RequestSet& set) {
    try {
      Run(set);
    } catch (const UserError& error) {
      return error.what();
    }
    return "no error";
  }

 private:
  Transport transport_;
  std::unique_ptr<Device> device_;
  LargeTokenModel checkpoint_;
  std::unique_ptr<Session> session_;
  std::unique_ptr<Drafter> drafter_;
  RunOptions run_;
};

class FailedRunTest : public testing::TestWithParam<FailedRun> {};

TEST_P(FailedRunTest, APromptWithoutLogitsIsNamed) {
  LargeTokenSession session(GetParam(), kUnused);
  const auto right = session.Run(ManyRequests());
  RequestSet wrong = ManyRequests();
  wrong.requests[2].prompt[3] = kUnused;
  const std::string error = session.ErrorOf(wrong);
  EXPECT_EQ(error.substr(0, error.find(';')),
            "request 3 of 4: token 0 of the answer: 512 of 512 logits are not finite, the first is "
            "that of token id 0: nan");
  EXPECT_EQ(session.Run(ManyRequests()), right);
  wrong.requests = {wrong.requests[2]};
  EXPECT_EQ(session.ErrorOf(wrong).substr(0, 22), "token 0 of the answer:");
  EXPECT_EQ(session.Run(ManyRequests()), right);
}

// The answer itself runs into the token: its next one cannot be told.
TEST_P(FailedRunTest, AStepWithoutLogitsIsNamed) {
  const auto right = LargeTokenSession(GetParam(), kUnused).Run(ManyRequests());
  const std::vector<std::int32_t>& answer = right[1];
  const std::int32_t third = answer[2];
  const auto first = std::find(answer.begin(), answer.end(), third) - answer.begin();
  LargeTokenSession session(GetParam(), third);
  RequestSet set = ManyRequests();
  set.requests = {set.requests[1]};
  const std::string error = session.ErrorOf(set);
  EXPECT_EQ(error.substr(0, error.find(':')), TokenName(first + 1));
}

INSTANTIATE_TEST_SUITE_P(Strategies, FailedRunTest,
                         testing::Values(FailedRun{"local"}, FailedRun{"local", true},
                                         FailedRun{"megatron"}, FailedRun{"sequence", true},
                                         FailedRun{"edgeshard"}, FailedRun{"jupiter"},
                                         FailedRun{"jupiter", true}, FailedRun{"jupiter", true, 3}),
                         [](const auto& info) {
                           return info.param.strategy + (info.param.drafts ? "Drafts" : "") +
                                  std::to_string(info.param.in_flight);
                         });

}  // namespace
}  // namespace jupiter
