// Acceptance from the literature.
//
// Taken: the accuracies that Medusa's authors publish of their heads for Vicuna v1.3 (Medusa-1,
// five heads, one residual block each): github.com/FasterDecoding/Medusa, assets/medusa_acc.csv,
// columns train/medusa<head>_top<1..5> of the runs 7b, 13b and 33b, rounded to four decimals. They
// say how often the true token was among the first k candidates; the difference of two neighbours
// is the share of one rank. The paper's 3.01 to 3.51 tokens per step (arXiv 2401.10774, table 1)
// are those of Medusa-2; accuracies by rank of its heads were not found, so they are not used.
//
// Assumed:
//   - that the last logged step is as good as any (also of the run 33b, which the file marks as
//     failed).
//   - independence. The shares are of all positions, not of those whose path was right so far.
//   - that ranks beyond the fifth, which are not published, are never right: trees that try ten
//     candidates come out too low.
//   - text: the accuracies are for ShareGPT conversations that the heads were trained on, fed in as
//     they are; here they stand for text that the model writes itself.
//
// Not fitted to anything. As a check, the likeliest 63 nodes yield 2.38, 2.48 and 2.52 tokens per
// step here (7B, 13B, 33B); Spec-Bench (Xia et al., arXiv 2401.07851; its leaderboard, A100,
// greedy) measured 2.32, 2.39 and 2.33 with Medusa-1 heads and the tree mc_sim_7b_63 of 63 nodes.
#include "planning/drafts/known_acceptance.h"

namespace jupiter {
namespace {

constexpr int kHeads = 5;
constexpr int kRanks = 5;

// Accuracy of the first 1, 2, ... candidates.
using TopK = double[kHeads][kRanks];

constexpr TopK kVicuna7B = {{.5604, .6717, .7271, .7599, .7799},
                            {.3164, .4236, .4851, .5282, .5625},
                            {.2010, .2879, .3475, .3834, .4169},
                            {.1474, .2250, .2737, .3109, .3397},
                            {.1175, .1866, .2346, .2721, .2998}};
constexpr TopK kVicuna13B = {{.5939, .7053, .7578, .7925, .8161},
                             {.3397, .4400, .5068, .5465, .5803},
                             {.2161, .3085, .3612, .4030, .4364},
                             {.1500, .2317, .2878, .3234, .3541},
                             {.1223, .1957, .2434, .2791, .3070}};
constexpr TopK kVicuna33B = {{.6046, .7162, .7649, .7983, .8223},
                             {.3558, .4690, .5287, .5692, .5961},
                             {.2246, .3197, .3785, .4210, .4462},
                             {.1596, .2488, .3073, .3480, .3755},
                             {.1370, .2067, .2621, .2984, .3258}};

DraftAcceptance Medusa1(const char* model, const TopK& top_k) {
  DraftAcceptance acceptance;
  acceptance.name = std::string("medusa1-") + model;
  acceptance.source =
      "accuracies of Medusa-1 heads: github.com/FasterDecoding/Medusa, assets/medusa_acc.csv; "
      "ranks beyond the fifth taken as never right";
  for (const auto& head : top_k) {
    std::vector<double>& shares = acceptance.probability.emplace_back();
    for (int rank = 0; rank < kRanks; ++rank) {
      shares.push_back(rank == 0 ? head[0] : head[rank] - head[rank - 1]);
    }
  }
  return acceptance;
}

}  // namespace

const std::vector<DraftAcceptance>& KnownAcceptances() {
  static const std::vector<DraftAcceptance> known = {Medusa1("vicuna-7b", kVicuna7B),
                                                     Medusa1("vicuna-13b", kVicuna13B),
                                                     Medusa1("vicuna-33b", kVicuna33B)};
  return known;
}

}  // namespace jupiter
