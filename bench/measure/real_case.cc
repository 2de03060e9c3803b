#include "bench/measure/real_case.h"

#include <algorithm>
#include <ctime>

#include "bench/flags/prompt.h"
#include "kernels/base/check.h"
#include "kernels/make_device.h"
#include "model/checkpoint/fingerprint.h"
#include "model/loaders/open_checkpoint.h"
#include "model/stage/weights.h"
#include "parallel/session/numerics_key.h"
#include "parallel/session/session_plan.h"
#include "parallel/transport/agreement.h"
#include "parallel/transport/together.h"
#include "planning/testbed/cluster_write.h"

namespace jupiter {
namespace {

constexpr std::uint64_t kPromptSeed = 1;

double ThreadCpuSeconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

}  // namespace

CaseRunner::CaseRunner(Transport& transport, const EngineFlags& flags,
                       const std::vector<DraftFlags>& draftings, Fault fault,
                       const std::string& reference_path)
    : transport_(transport),
      flags_(flags),
      draft_flags_(draftings),
      options_(ToSessionOptions(flags)),
      fault_(fault),
      reference_path_(reference_path) {
  SlowDown(transport, flags, options_);
  if (flags.device == "recording") {
    FailUser("--device recording computes nothing to check; use --emulate CLUSTER");
  }
  planning_ = ReadPlanning(transport, flags);
  for (const DraftFlags& drafting : draftings) {
    draftings_.push_back(std::make_unique<Drafting>(drafting));
    draftings_.back()->ReadFiles(transport);
  }
  Together(transport, [&] {
    MakeDeviceFor({});
    checkpoint_ = OpenCheckpoint(flags.model);
    const bool only_model =
        std::none_of(draftings_.begin(), draftings_.end(),
                     [](const auto& drafting) { return drafting->has_weights(); });
    if (only_model) CheckQuantises(*checkpoint_, options_.quantise);
    const bool source = transport.rank() == Strategy::kSource;
    if (source && !reference_path.empty()) given_ = LoadReference(reference_path);
  });
  devices_ = AllGather(transport, fmt::format("{} of {}", DescribeDevice(), HostCores()));
}

RowKey CaseRunner::Key() const {
  // Of the function that one process computes; what a strategy makes of it follows from the flags.
  Plan plan;
  plan.layers = {config().layers};
  plan.residual = options_.plan.residual;
  plan.kv = options_.plan.kv;
  RowKey key;
  key.numerics = fmt::format("{} {}", kNumericsVersion,
                             NumericsKey(FingerprintModel(*checkpoint_), options_.quantise, plan));
  key.devices = devices_;
  if (planning_.cluster) key.inputs.push_back(ToYaml(*planning_.cluster));
  for (const auto& drafting : draftings_) key.inputs.push_back(drafting->Inputs());
  return key;
}

SessionOptions CaseRunner::OptionsFor(const Case& which) const {
  SessionOptions options = options_;
  options.plan.strategy = which.strategy;
  options.stream = options_.stream && FindTraits(which.strategy).streams;
  options.prompt_tokens = which.prompt_tokens;
  options.max_tokens = which.tokens;
  if (which.drafting >= 0) {
    draftings_[static_cast<std::size_t>(which.drafting)]->Apply(options, transport_.size());
  }
  ApplyPlanning(planning_, *checkpoint_, options);
  return options;
}

int CaseRunner::ThreadsFor(const Case& which) const {
  return which.all_cores ? HostCores() : ThreadsPerRank(flags_, transport_.context());
}

std::unique_ptr<Device> CaseRunner::MakeDeviceFor(const Case& which) const {
  return MakeDevice(flags_.device, {.threads = ThreadsFor(which),
                                    .isa = {},
                                    .gpu = flags_.gpu,
                                    .local_rank = transport_.context().local_rank()});
}

Request CaseRunner::RequestFor(const Case& which) const {
  Request request;
  request.prompt =
      given_ ? given_->prompt : RandomPrompt(config(), which.prompt_tokens, kPromptSeed);
  request.max_tokens = which.tokens;
  return request;
}

void CaseRunner::Check(const Case& which) {
  const std::unique_ptr<Device> device = MakeDeviceFor(which);
  Session(transport_, *device, *checkpoint_, OptionsFor(which));
}

void CaseRunner::Open(const Case& which) {
  session_.reset();
  drafting_ = nullptr;
  drafter_ = nullptr;
  device_ = MakeDeviceFor(which);
  if (fault_ != Fault::kNone && !FindTraits(which.strategy).one_process) {
    device_ = MakeFaultyDevice(std::move(device_), fault_);
  }
  case_ = which;
  auto session = std::make_unique<Session>(transport_, *device_, *checkpoint_, OptionsFor(which));
  // A reference may take long. No one should wait for that of a case that does not fit.
  const std::string shortage = MemoryShortage(session->memory());
  if (!shortage.empty()) {
    if (transport_.rank() == 0) fmt::print(stderr, "{}", ShowMemory(session->memory()));
    FailUser("{}", shortage);
  }
  current_ = &FindExpected(which, *session);
  session->Load();
  session_ = std::move(session);
  if (which.drafting < 0) return;
  drafting_ = draftings_[static_cast<std::size_t>(which.drafting)].get();
  drafter_ = drafting_->Prepare(transport_, *session_, which.prompt_tokens);
}

const CaseRunner::Expected& CaseRunner::FindExpected(const Case& which, const Session& session) {
  // Every rank has the same keys, so all of them compute a reference or none does.
  const std::string key =
      fmt::format("{} pp{} tg{}", session.numerics_key(), which.prompt_tokens, which.tokens);
  auto found = expected_.find(key);
  if (found == expected_.end()) {
    found = expected_.emplace(key, ComputeExpected(which, session)).first;
  }
  return found->second;
}

// Says that the reference will take its time, and why.
void CaseRunner::NoteStreamed(const Session& reference, const Case& which) const {
  const bool streams = reference.memory()[Strategy::kSource].stage.streamed_layers > 0;
  const bool fits = MemoryShortage(reference.memory()).empty();
  if (!streams || !fits || transport_.rank() != Strategy::kSource) return;
  fmt::print(stderr,
             "note: no process can hold the model, so the reference of {} is streamed: {}, a pass "
             "per token; --reference FILE would take its place\n",
             CaseName(flags_.model, which, DraftsOf(which, draft_flags_)), reference.streaming());
}

CaseRunner::Expected CaseRunner::ComputeExpected(const Case& which, const Session& session) {
  Expected expected;
  const Request request = RequestFor(which);
  if (!reference_path_.empty()) {
    Together(transport_, [&] {
      if (!given_) return;
      expected.reference = *given_;
      CheckReferenceFits(*given_, reference_path_, session.numerics_key(), request.prompt);
      if (std::ssize(given_->prompt) != which.prompt_tokens ||
          std::ssize(given_->tokens) != which.tokens) {
        FailUser(
            "{}: has {} prompt tokens and {} generated ones, this case {} and {}; give them "
            "with --n-prompt and --n-gen",
            reference_path_, given_->prompt.size(), given_->tokens.size(), which.prompt_tokens,
            which.tokens);
      }
    });
    return expected;
  }
  Case everywhere = which;
  everywhere.all_cores = true;
  everywhere.drafting = -1;
  SessionOptions options = OptionsFor(everywhere);
  ReferTo(session.plan(), options);
  options.stream = true;
  const std::unique_ptr<Device> device = MakeDeviceFor(everywhere);
  try {
    Session local(transport_, *device, *checkpoint_, options);
    NoteStreamed(local, which);
    local.Load();
    const Generation generation = local.Run(request, {}, nullptr);
    expected.reference = {session.numerics_key(), request.prompt, generation.tokens,
                          generation.logits_hashes};
  } catch (const UserError& error) {
    expected.missing = error.what();
  }
  return expected;
}

Sample CaseRunner::RunOnce() {
  JUPITER_CHECK(session_ != nullptr);
  AllGather(transport_, {});  // all ranks are ready
  transport_.ResetCounters();
  const double cpu_start = ThreadCpuSeconds();
  RunOptions options;
  options.drafter = drafter_;
  options.drafts = drafting_ != nullptr;
  const std::vector<Generation> all =
      session_->Run({{}, {RequestFor(case_)}}, options, {}, nullptr);
  const double cpu_seconds = ThreadCpuSeconds() - cpu_start;
  const Generation generation = all.empty() ? Generation{} : all.front();
  const std::vector<RankReport> reports =
      GatherReports(transport_, {transport_.context().host(transport_.rank()), ThreadsFor(case_),
                                 session_->load_seconds(), 0, transport_.counters()});
  Sample sample;
  sample.cpu_seconds = cpu_seconds;
  if (transport_.rank() != Strategy::kSource) return sample;
  for (const RankReport& report : reports) {
    sample.payload_bytes += report.traffic.payload_sent;
    sample.messages += report.traffic.messages_sent;
    sample.load_seconds = std::max(sample.load_seconds, report.load_seconds);
  }
  sample.metrics = Measure(generation.start, generation.times);
  sample.drafts = Summarise(generation.steps);
  sample.stale_steps = generation.stale_steps;
  sample.found = current_->missing.empty() ? Compare(current_->reference, generation)
                                           : Comparison{Verdict::kUnchecked, current_->missing};
  return sample;
}

}  // namespace jupiter
