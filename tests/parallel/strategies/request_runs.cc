#include "tests/parallel/strategies/request_runs.h"

#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "kernels/base/check.h"
#include "kernels/make_device.h"
#include "model/loaders/open_checkpoint.h"
#include "parallel/session/session_plan.h"
#include "parallel/transport/agreement.h"
#include "tests/parallel/mpi_main.h"

namespace jupiter {

std::vector<std::int32_t> TestPrompt(int vocab) {
  std::vector<std::int32_t> prompt;
  for (int i = 0; i < kPrompt; ++i) prompt.push_back((37 * i + 5) % vocab);
  return prompt;
}

Generation RunRequest(const Settings& settings) {
  Transport transport(TestContext());
  const auto device =
      settings.make_device ? settings.make_device() : MakeDevice("cpu", settings.device);
  const auto checkpoint = OpenCheckpoint(settings.model);
  SessionOptions options = settings.session;
  Request request;
  request.prompt =
      settings.prompt.empty() ? TestPrompt(checkpoint->config().vocab) : settings.prompt;
  request.max_tokens = settings.tokens;
  options.prompt_tokens = static_cast<int>(request.prompt.size());
  options.max_tokens = settings.tokens;
  Session session(transport, *device, *checkpoint, options);
  session.Load();
  Generation generation = session.Run(request, {}, nullptr);
  // The other ranks learn tokens and hashes, so that all of them assert.
  std::string text;
  for (std::size_t i = 0; i < generation.tokens.size(); ++i) {
    text += fmt::format("{} {} ", generation.tokens[i], generation.logits_hashes[i]);
  }
  text = Broadcast(transport, text, 0);
  std::istringstream fields(text);
  Generation shared;
  std::int32_t token = 0;
  std::uint64_t hash = 0;
  while (fields >> token >> hash) {
    shared.tokens.push_back(token);
    shared.logits_hashes.push_back(hash);
  }
  return shared;
}

Generation Reference(const Settings& settings) {
  Settings plain = settings;
  const auto checkpoint = OpenCheckpoint(settings.model);
  const ModelShape shape =
      ShapeOf(*checkpoint, settings.session.quantise, settings.session.plan.kv);
  ReferTo(CompletePlan(settings.session, shape, TestContext().size(), {}), plain.session);
  plain.session.plan.layers.clear();
  plain.device = {.threads = 1, .isa = {}};
  plain.make_device = {};
  // Many settings have the same reference.
  static std::map<std::string, Generation> known;
  const SessionOptions& options = plain.session;
  const Plan plan = CompletePlan(options, shape, TestContext().size(), {});
  const std::string key = fmt::format("{} {} {} {} {} {} {}", plain.model, ToJson(plan),
                                      plan.reference_of, fmt::join(plan.reference_boundaries, ","),
                                      options.quantise ? Name(*options.quantise) : "",
                                      fmt::join(plain.prompt, ","), plain.tokens);
  const auto found = known.find(key);
  return found != known.end() ? found->second : known[key] = RunRequest(plain);
}

std::string LoadError(const SessionOptions& options) {
  Transport transport(TestContext());
  const auto device = MakeDevice("cpu", {});
  const auto checkpoint = OpenCheckpoint("synthetic:tiny");
  try {
    Session session(transport, *device, *checkpoint, options);
    session.Load();
  } catch (const UserError& error) {
    return error.what();
  }
  return {};
}

void ExpectSame(const Generation& got, const Generation& expected, int tokens) {
  ASSERT_EQ(got.tokens.size(), static_cast<std::size_t>(tokens));
  EXPECT_EQ(got.tokens, expected.tokens);
  EXPECT_EQ(got.logits_hashes, expected.logits_hashes);
}

SlicePolicy Slices(const std::string& text) { return ParseSlices(text, 2); }

}  // namespace jupiter
