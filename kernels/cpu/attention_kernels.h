// Softmax attention of one query row over the logical positions of its path.
//
//   score(p) = (q . k(p)) * scale          16 lanes (element mod 16), fixed tree, one rounding
//   weight(p) = exp(score(p) - max score)
//   out = (sum over p of weight(p) * v(p)) * (1 / sum of weights)
//
// Both sums run over 256 positions at a time (p / 256), and the sums of these runs are added in
// ascending order. Within a run the weights are summed in 16 lanes (p mod 16), then the fixed tree;
// each element of out is a chain of fma over ascending p. So only the logical order matters, not
// where the rows lie. A group of query heads shares each read of K and V.
#pragma once

#include "kernels/cpu/exp_kernel.h"
#include "kernels/cpu/kernel_table.h"

namespace jupiter::cpu {

template <class V, typename T>
struct AttentionKernel {
  using F = typename V::F;
  static constexpr std::int64_t kRun = 256;  // positions

  static void Run(const AttentionTask& task) {
    const Plan plan = MakePlan(task);
    CopyQueries(task, plan);
    ForHeads<V::kHeads>(0, task.heads, [&](auto heads, int head) JUPITER_LAMBDA {
      Scores<heads.value>(task, plan, head);
    });
    for (int head = 0; head < task.heads; ++head) Softmax(task, plan, head);
    ForHeads<V::kHeads>(0, task.heads, [&](auto heads, int head) JUPITER_LAMBDA {
      for (int chunk = 0; chunk < plan.chunks; ++chunk)
        Combine<heads.value>(task, plan, head, chunk);
    });
  }

 private:
  struct Plan {
    int chunks;           // vectors per head, the last one may be partial
    int rest;             // elements of the last one
    std::int64_t padded;  // length in whole vectors
    float* scores;        // [heads, padded]: scores, then weights
    float* queries;       // [heads, 16 * chunks]
  };

  static JUPITER_INLINE Plan MakePlan(const AttentionTask& task) {
    const int chunks = (task.head_dim + 15) / 16;
    const std::int64_t padded = (task.length + 15) / 16 * 16;
    return {chunks, task.head_dim - 16 * (chunks - 1), padded, task.scratch,
            task.scratch + task.heads * padded};
  }

  // Calls run(Index<h>, first head) for groups of at most `most` heads.
  template <int most, typename Body>
  static JUPITER_INLINE void ForHeads(int head, int end, Body body) {
    for (; head + most <= end; head += most) body(Index<most>{}, head);
    if constexpr (most > 1) ForHeads<most / 2>(head, end, body);
  }

  template <typename U>
  static JUPITER_INLINE F LoadChunk(const Plan& plan, const U* p, int chunk) {
    const bool whole = chunk + 1 < plan.chunks || plan.rest == 16;
    return whole ? V::Load(p + 16 * chunk) : V::LoadPart(p + 16 * chunk, plan.rest, 0);
  }

  static JUPITER_INLINE void CopyQueries(const AttentionTask& task, const Plan& plan) {
    for (int head = 0; head < task.heads; ++head) {
      for (int chunk = 0; chunk < plan.chunks; ++chunk) {
        V::Store(plan.queries + 16 * (head * plan.chunks + chunk),
                 LoadChunk(plan, task.q + std::int64_t{head} * task.head_dim, chunk));
      }
    }
  }

  template <int heads>
  static void Scores(const AttentionTask& task, const Plan& plan, int head) {
    const float* queries = plan.queries + 16 * head * plan.chunks;
    float* scores = plan.scores + head * plan.padded;
    for (std::int64_t s = 0; s < task.span_count; ++s) {
      const KvSpan& span = task.spans[s];
      for (std::int64_t i = 0; i < span.count; ++i, ++scores) {
        const T* key = reinterpret_cast<const T*>(span.keys + i * span.key_row_bytes);
        F dot[heads];
        Unroll<heads>([&](auto h) JUPITER_LAMBDA { dot[h.value] = V::Zero(); });
        for (int chunk = 0; chunk < plan.chunks; ++chunk) {
          const F k = LoadChunk(plan, key, chunk);
          Unroll<heads>([&](auto h) JUPITER_LAMBDA {
            const F q = V::Load(queries + 16 * (h.value * plan.chunks + chunk));
            dot[h.value] = V::Fma(q, k, dot[h.value]);
          });
        }
        Unroll<heads>([&](auto h) JUPITER_LAMBDA {
          scores[h.value * plan.padded] = V::Sum(dot[h.value]) * task.scale;
        });
      }
    }
  }

  // Scores to weights, divided by their sum only at the end: the query row's first element of the
  // head, no longer needed, keeps the factor.
  static JUPITER_INLINE void Softmax(const AttentionTask& task, const Plan& plan, int head) {
    float* scores = plan.scores + head * plan.padded;
    const float lowest = -__builtin_inff();
    for (std::int64_t p = task.length; p < plan.padded; ++p) scores[p] = lowest;
    F max = V::Set(lowest);
    for (std::int64_t p = 0; p < plan.padded; p += 16) max = V::Max(max, V::Load(scores + p));
    const F top = V::Set(V::MaxLane(max));
    float total = 0;
    for (std::int64_t run = 0; run < plan.padded; run += kRun) {
      const std::int64_t end = plan.padded - run < kRun ? plan.padded : run + kRun;
      F sum = V::Zero();
      for (std::int64_t p = run; p < end; p += 16) {
        const F weight = Exp<V>(V::Sub(V::Load(scores + p), top));
        sum = V::Add(sum, weight);
        V::Store(scores + p, weight);
      }
      total = run == 0 ? V::Sum(sum) : total + V::Sum(sum);
    }
    plan.queries[16 * head * plan.chunks] = 1.0f / total;
  }

  // A position on the path: row `row` of span `span`.
  struct Cursor {
    std::int64_t span = 0;
    std::int64_t row = 0;
  };

  // Adds the weighted values of the next `count` positions to sum; returns where their weights end.
  template <int heads>
  static JUPITER_INLINE const float* AddValues(const AttentionTask& task, const Plan& plan,
                                               int chunk, std::int64_t count, const float* weights,
                                               Cursor& at, F (&sum)[heads]) {
    while (count > 0) {
      const KvSpan& span = task.spans[at.span];
      const std::int64_t left = span.count - at.row;
      const std::int64_t rows = left < count ? left : count;
      const std::byte* values = span.values + at.row * span.value_row_bytes;
      for (std::int64_t i = 0; i < rows; ++i, ++weights) {
        const T* value = reinterpret_cast<const T*>(values + i * span.value_row_bytes);
        const F v = LoadChunk(plan, value, chunk);
        Unroll<heads>([&](auto h) JUPITER_LAMBDA {
          sum[h.value] = V::Fma(V::Set(weights[h.value * plan.padded]), v, sum[h.value]);
        });
      }
      count -= rows;
      at = rows == left ? Cursor{at.span + 1, 0} : Cursor{at.span, at.row + rows};
    }
    return weights;
  }

  template <int heads>
  static void Combine(const AttentionTask& task, const Plan& plan, int head, int chunk) {
    const float* weights = plan.scores + head * plan.padded;
    Cursor at;
    F total[heads];
    Unroll<heads>([&](auto h) JUPITER_LAMBDA { total[h.value] = V::Zero(); });
    for (std::int64_t run = 0; run < task.length; run += kRun) {
      const std::int64_t left = task.length - run;
      F sum[heads];
      Unroll<heads>([&](auto h) JUPITER_LAMBDA { sum[h.value] = V::Zero(); });
      weights = AddValues<heads>(task, plan, chunk, left < kRun ? left : kRun, weights, at, sum);
      Unroll<heads>([&](auto h) JUPITER_LAMBDA {
        total[h.value] = run == 0 ? sum[h.value] : V::Add(total[h.value], sum[h.value]);
      });
    }
    const bool whole = chunk + 1 < plan.chunks || plan.rest == 16;
    Unroll<heads>([&](auto h) JUPITER_LAMBDA {
      const int out_head = head + h.value;
      float* out = task.out + std::int64_t{out_head} * task.head_dim + 16 * chunk;
      const F factor = V::Set(plan.queries[16 * out_head * plan.chunks]);
      const F result = V::Mul(total[h.value], factor);
      if (whole) {
        V::Store(out, result);
      } else {
        V::StorePart(out, result, plan.rest);
      }
    });
  }
};

}  // namespace jupiter::cpu
