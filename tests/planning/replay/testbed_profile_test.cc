// Profiles: what arrives, the shipped ones, mixtures, what they make of a cluster and of messages,
// one line for every mistake.
#include "planning/replay/testbed_profile.h"
#include "planning/replay/simulator.h"

#include "planning/replay/testbed.h"
#include "planning/replay/testbed_profile_mix.h"
#include "planning/replay/testbed_profile_parse.h"
#include "planning/replay/testbed_profile_write.h"
#include "tests/planning/testbed_texts.h"
#include "tests/refusal.h"

namespace jupiter {
namespace {

TestbedProfile Parsed(const std::string& text) { return ParseTestbedProfile(text, "p.yaml"); }

std::string RefusalWith(const std::string& from, const std::string& to) {
  return RefusalOf([&] { Parsed(Replaced(kTestbedProfileText, from, to)); });
}

// Two of the board that the text knows, and a link that differs from the profile's in everything.
Cluster TwoNanos() {
  Cluster cluster;
  ClusterDevice device;
  device.profile = LoadDeviceProfile(FindDeviceProfile("jetson-nano", ""));
  device.name = "left";
  cluster.devices.push_back(device);
  device.name = "right";
  cluster.devices.push_back(device);
  Link link;
  link.bandwidth = 8e6;
  link.trace = RateTrace({{0, 0.5}});
  cluster.links.assign(2, std::vector<Link>(2, link));
  return cluster;
}

TEST(TestbedProfileTest, EveryNumberArrives) {
  const TestbedProfile profile = Parsed(kTestbedProfileText);
  const TwoRegimes& law = *profile.devices.two_regimes;
  EXPECT_EQ(profile.name, "test");
  EXPECT_EQ(law.bytes_per_weight, 0.5);
  EXPECT_EQ(law.few_rows, 2);
  EXPECT_EQ(law.layer_pass_time, 0.003);
  EXPECT_EQ(law.split_projection_loss, 0.5);
  EXPECT_EQ(law.many_row_unpack_bandwidth, 8e9);
  EXPECT_EQ(law.many_row_rate, 1e12);
  EXPECT_EQ(law.boards.at("jetson-nano").few_row_bandwidth, 2e9);
  EXPECT_EQ(law.boards.at("jetson-nano").slowdown, 4);
  EXPECT_EQ(profile.links.host_time_per_byte, 4e-9);
  EXPECT_FALSE(profile.collectives.galaxy_overlap);
  EXPECT_EQ(profile.collectives.tile_ring.decode, 13);
  EXPECT_EQ(profile.decoding.tokens_per_step, 2.5);
  ASSERT_EQ(profile.plans.size(), 1u);
  EXPECT_EQ(profile.plans[0].edgeshard_layers, (std::vector<int>{3, 1}));
}

TEST(TestbedProfileTest, WhatIsWrittenIsReadBack) {
  for (const char* name : {"paper-calibrated", "paper-calibrated-trees", "ring-f16"}) {
    const TestbedProfile profile = MakeTestbedProfile(name);
    EXPECT_EQ(profile.name, name);
    const std::string text = ToYaml(profile);
    const TestbedProfile again = Parsed(text);
    EXPECT_EQ(ToYaml(again), text);
    EXPECT_EQ(again.decoding.payload_rows, profile.decoding.payload_rows);
    EXPECT_EQ(again.devices.two_regimes.has_value(), profile.devices.two_regimes.has_value());
    EXPECT_EQ(again.devices.boards.size(), profile.devices.boards.size());
    EXPECT_EQ(again.plans.size(), profile.plans.size());
  }
  EXPECT_EQ(ToYaml(Parsed(ToYaml(Parsed(kTestbedProfileText)))),
            ToYaml(Parsed(kTestbedProfileText)));
}

TEST(TestbedProfileTest, MixturesTakePartsFromOthers) {
  const TestbedProfile calibrated = MakeTestbedProfile("paper-calibrated");
  const TestbedProfile ring = MakeTestbedProfile("ring-f16");
  const TestbedProfile mixed =
      MakeTestbedProfile("paper-calibrated,links=ring-f16,devices=ring-f16");
  EXPECT_EQ(mixed.name, "paper-calibrated,links=ring-f16,devices=ring-f16");
  EXPECT_EQ(mixed.links.name, ring.links.name);
  EXPECT_EQ(mixed.devices.name, ring.devices.name);
  EXPECT_EQ(mixed.collectives.name, calibrated.collectives.name);
  EXPECT_EQ(mixed.decoding.name, calibrated.decoding.name);
  const auto refusal = [](const std::string& text) {
    return RefusalOf([&] { MakeTestbedProfile(text); });
  };
  EXPECT_EQ(refusal("paper-calibrated,decoding=paper-calibrated-trees"),
            "paper-calibrated,decoding=paper-calibrated-trees: the devices "
            "calibrated-boards-plain are fitted to steps that yield 1 tokens, the decoding trees "
            "yields 2.5; take both from one profile");
  EXPECT_EQ(refusal("ring-f16,decoding=paper-calibrated-trees"), "no error");
  EXPECT_EQ(refusal("ring-f16,link=ring-f16"),
            "a profile has no part \"link\", expected one of devices, links, collectives, "
            "decoding; did you mean links?");
  EXPECT_EQ(refusal("ring-f16,links=ring-f16,links=ring-f16"),
            "profile \"ring-f16,links=ring-f16,links=ring-f16\": links is given twice");
  EXPECT_EQ(refusal("ring-f16,links"),
            "profile \"ring-f16,links\": expected PART=NAME after the first comma, got "
            "\"links\"");
  EXPECT_EQ(refusal("ring-f32").substr(0, 37), "no file or shipped profile \"ring-f32\"");
}

TEST(TestbedProfileTest, StepsAreOfAModel) {
  const TestbedProfile profile = Parsed(kTestbedProfileText);
  const StepShape step = StepShapeOf(profile, "synthetic Small");
  EXPECT_EQ(step.rows, 10);
  EXPECT_EQ(step.tokens, 2.5);
  EXPECT_EQ(step.payload_factor, 2);  // 8 rows per token, 2.5 tokens, of 10 rows
  EXPECT_EQ(RefusalOf([&] { StepShapeOf(profile, "huge"); }),
            "p.yaml: decoding.rows: nothing for the model \"huge\", only for large, small; add "
            "it, or take the decoding of another profile");
  const TestbedProfile any = Parsed(Replaced(
      Replaced(kTestbedProfileText, "{small: 8, large: {value: 4, fixed: \"as measured\"}}",
               "{value: 3, fixed: all alike}"),
      "rows: {small: 10, large: 5}", "rows: 5"));
  EXPECT_EQ(StepShapeOf(any, "huge").payload_factor, 1.5);
}

TEST(TestbedProfileTest, FactorsFollowExchangeAndPhase) {
  const TestbedProfile profile = Parsed(kTestbedProfileText);
  const StepShape step = StepShapeOf(profile, "small");
  const auto factors = [&](LayerExchange exchange, int channel) {
    const PayloadFactors all = FactorsOf(profile, exchange, step);
    return std::make_pair(all.prompt.at(channel), all.step.at(channel));
  };
  using Pair = std::pair<double, double>;
  EXPECT_EQ(factors(LayerExchange::kGatherKv, kCollectiveChannel), Pair(2, 3 * 2));
  EXPECT_EQ(factors(LayerExchange::kAllReduce, kCollectiveChannel), Pair(5, 7 * 2));
  EXPECT_EQ(factors(LayerExchange::kTileRing, kCollectiveChannel), Pair(11, 7 * 2));
  EXPECT_EQ(factors(LayerExchange::kNone, kBatchChannel), Pair(17, 19 * 2));
  EXPECT_EQ(FactorsOf(profile, LayerExchange::kTileRing, step).prompt.count(kHeadRowChannel), 0u);
}

TEST(TestbedProfileTest, ClustersKeepTheirBandwidthAndPace) {
  const Cluster cluster = Apply(Parsed(kTestbedProfileText), TwoNanos());
  const Link& link = cluster.links[0][1];
  EXPECT_EQ(link.bandwidth, 8e6);
  EXPECT_EQ(link.trace.steps().size(), 1u);
  EXPECT_EQ(link.efficiency, 0.5);
  EXPECT_EQ(link.latency, 0.001);
  EXPECT_EQ(link.wire_seconds, 0.002);
  EXPECT_EQ(link.host_seconds, 0.003);
  EXPECT_EQ(link.host_seconds_per_byte, 4e-9);
  const OpCall attention = {.kind = OpKind::kAttention, .rows = 1};
  EXPECT_EQ(OpCostsOf(cluster.devices[1])->Seconds(attention), 0.003);
  Cluster other = TwoNanos();
  other.devices[1].profile.name = "jetson-nanu";
  EXPECT_EQ(RefusalOf([&] { Apply(Parsed(kTestbedProfileText), other); }),
            "p.yaml: line 13: devices.boards: no \"jetson-nanu\", which the cluster's device "
            "\"right\" is, expected one of jetson-nano; did you mean jetson-nano?");
}

TEST(TestbedProfileTest, RooflinesAreThoseOfTheBoards) {
  const TestbedProfile ring = MakeTestbedProfile("ring-f16");
  const Cluster plain = TwoNanos();
  const OpCall op = {.kind = OpKind::kAdd, .rows = 1, .bytes = 1'000'000};
  EXPECT_EQ(OpCostsOf(Apply(ring, plain).devices[0])->Seconds(op),
            OpCostsOf(plain.devices[0])->Seconds(op));
}

RunRecord TwoMessages(bool marks, int step_rows = 10) {
  RunRecord record;
  record.ranks.resize(2);
  for (int rank = 0; rank < 2; ++rank) record.ranks[static_cast<std::size_t>(rank)].rank = rank;
  std::vector<Event>& sender = record.ranks[0].events;
  std::vector<Event>& receiver = record.ranks[1].events;
  for (MarkKind phase : {MarkKind::kPromptBatch, MarkKind::kStepBatch}) {
    const std::int64_t step = phase == MarkKind::kStepBatch ? 1 : 0;
    if (marks) sender.emplace_back(MarkEvent{phase, step_rows, 0, {{0, step, step_rows}}});
    for (int channel : {kBatchChannel, kHeadRowChannel}) {
      sender.emplace_back(SendEvent{1, channel, 100, 1000, 0, 0});
      receiver.emplace_back(ReceiveEvent{0, channel, 100, 1000, 0, 0});
    }
  }
  return record;
}

TEST(TestbedProfileTest, ReplaysChargeWhatThePhaseSays) {
  TestbedProfile profile = Parsed(kTestbedProfileText);
  profile.links = {"plain", 1, 0, 0, 0, 0};
  Cluster cluster = TwoNanos();
  for (auto& row : cluster.links) {
    for (Link& link : row) link.trace = {};
  }
  const RunRecord record = TwoMessages(true);
  const Testbed testbed = TestbedOf(profile, cluster, LayerExchange::kNone, "small", record);
  // A million bytes take a second. Headers, and rows for the head, have no factor.
  const double bytes = (100 + 17 * 1000) + 1100 + (100 + 19 * 2 * 1000) + 1100;
  EXPECT_NEAR(Simulate(record, testbed).end, bytes / 1e6, 1e-12);
  EXPECT_EQ(Simulate(record, testbed).ranks[0].bytes_sent, 4400);
  // Staging copies what is on the wire, at both ends.
  profile.links.host_time_per_byte = 1e-3;
  const Replay staged =
      Simulate(record, TestbedOf(profile, cluster, LayerExchange::kNone, "small", record));
  EXPECT_NEAR(staged.ranks[0].host_seconds, bytes / 1e3, 1e-9);
  EXPECT_NEAR(staged.ranks[1].host_seconds, bytes / 1e3, 1e-9);
}

TEST(TestbedProfileTest, RecordsWithoutPhasesAreRefused) {
  EXPECT_EQ(RefusalOf([] {
              TestbedOf(Parsed(kTestbedProfileText), TwoNanos(), LayerExchange::kNone, "small",
                        TwoMessages(false));
            }),
            "the record does not say where the prompt ends and steps begin, which a profile must "
            "know; record the run again with this version");
}

TEST(TestbedProfileTest, RecordsOfOtherStepsAreRefused) {
  EXPECT_EQ(
      RefusalOf([] {
        TestbedOf(Parsed(kTestbedProfileText), TwoNanos(), LayerExchange::kNone, "small",
                  TwoMessages(true, 5));
      }),
      "the record has a decoding step of 5 rows, those of the profile test have 10; record the "
      "run under the profile (jupiter_bench --profile --save-records), or take the decoding of "
      "another one");
}

TEST(TestbedProfileTest, CutTextIsReadOrRefused) {
  const std::string whole = kTestbedProfileText;
  int refused = 0;
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    refused += RefusalOf([&] { Parsed(whole.substr(0, size)); }) == "no error" ? 0 : 1;
  }
  EXPECT_GT(refused, 1000);  // all but cuts in the optional end
  EXPECT_LT(refused, static_cast<int>(whole.size()) + 1);
}

TEST(TestbedProfileTest, MistakesAreNamed) {
  EXPECT_EQ(RefusalWith("few_rows: 2", "few_row: 2").substr(0, 45),
            "p.yaml: line 7: devices.\"few_row\": unknown ke");
  EXPECT_EQ(RefusalWith("  few_rows: 2\n", ""),
            "p.yaml: line 4: devices.few_rows: missing; add \"few_rows: ...\"");
  EXPECT_EQ(RefusalWith("few_rows: 2", "few_rows: 2.5"),
            "p.yaml: line 7: devices.few_rows: expected a whole number from 0 to 1048576, got "
            "\"2.5\"");
  EXPECT_EQ(RefusalWith("law: two-regimes", "law: two"),
            "p.yaml: line 5: devices.law: expected two-regimes or roofline, got \"two\"");
  EXPECT_EQ(RefusalWith("law: two-regimes", "law: roofline").substr(0, 54),
            "p.yaml: line 6: devices.\"bytes_per_weight\": unknown ke");
  EXPECT_EQ(RefusalWith("fixed: \"4 bits\"", "fixes: \"4 bits\"").substr(0, 55),
            "p.yaml: line 6: devices.bytes_per_weight.\"fixes\": unkno");
  EXPECT_EQ(RefusalWith("value: 0.5, ", ""),
            "p.yaml: line 6: devices.bytes_per_weight.value: missing; add \"value: ...\"");
  EXPECT_EQ(RefusalWith("slowdown: 4", "slowdown: 0"),
            "p.yaml: line 13: devices.boards.\"jetson-nano\".slowdown: expected a number from "
            "0.001 to 1000, got \"0\"");
  EXPECT_EQ(RefusalWith("    jetson-nano: {few_row_bandwidth: 2 GB/s, slowdown: 4}", "    {}"),
            "p.yaml: line 13: devices.boards: 0 boards, expected 1 to 256");
  EXPECT_EQ(RefusalWith("latency: 1 ms", "latency: 1").substr(0, 60),
            "p.yaml: line 17: links.latency: the unit is missing, expecte");
  EXPECT_EQ(RefusalWith("galaxy_overlap: false", "galaxy_overlap: no"),
            "p.yaml: line 23: collectives.galaxy_overlap: expected true or false, got \"no\"");
  EXPECT_EQ(RefusalWith("tile_ring: {prefill: 11, decode: 13}", "tile_ring: {prefill: 11}"),
            "p.yaml: line 27: collectives.volume_factor.tile_ring.decode: missing; add \"decode: "
            "...\"");
  EXPECT_EQ(RefusalWith("tokens_per_step: 2.5", "tokens_per_step: 0.5"),
            "p.yaml: line 31: decoding.tokens_per_step: expected a number from 1 to 1000, got "
            "\"0.5\"");
  EXPECT_EQ(RefusalWith("rows: {small: 10,", "rows: {Small: 10,"),
            "p.yaml: line 33: decoding.rows.\"Small\": expected a model in lower case, got "
            "\"Small\"");
  EXPECT_EQ(RefusalWith("jupiter_profile: 1", "jupiter_profile: 2"),
            "p.yaml: line 1: jupiter_profile: expected format version 1, got \"2\"");
  EXPECT_EQ(RefusalWith("parameters: 3", "parameters: [3]"),
            "p.yaml: line 37: fit.\"parameters\": expected text, got a list of 1");
}

}  // namespace
}  // namespace jupiter
