#include "tests/model/stage/reference_model.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "tests/model/loaders/decode.h"

namespace jupiter {
namespace {

using Vector = std::vector<double>;

struct Matrix {
  std::size_t columns = 0;
  Vector values;

  Vector Row(std::size_t row) const {
    const auto begin = values.begin() + static_cast<std::ptrdiff_t>(row * columns);
    return {begin, begin + static_cast<std::ptrdiff_t>(columns)};
  }
  Vector Times(const Vector& x) const {
    Vector out(values.size() / columns);
    for (std::size_t row = 0; row < out.size(); ++row) {
      for (std::size_t i = 0; i < columns; ++i) out[row] += values[row * columns + i] * x[i];
    }
    return out;
  }
};

void AddTo(Vector& sum, const Vector& x) {
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += x[i];
}

// x with zeros outside [begin, end).
Vector Only(const Vector& x, int begin, int end) {
  Vector out(x.size());
  std::copy(x.begin() + begin, x.begin() + end, out.begin() + begin);
  return out;
}

class ReferenceModel {
 public:
  // No parts: the model itself, see DecoupledReferenceLogits.
  ReferenceModel(Checkpoint& checkpoint, std::vector<ReferencePart> parts)
      : checkpoint_(checkpoint),
        config_(checkpoint.config()),
        parts_(std::move(parts)),
        keys_(static_cast<std::size_t>(config_.layers)),
        values_(keys_.size()) {}

  Vector Next(std::int32_t token) {
    Vector x = Read("embed").Row(static_cast<std::size_t>(token));
    for (int layer = 0; layer < config_.layers; ++layer) {
      prefix_ = "layers." + std::to_string(layer) + ".";
      const Vector attended =
          Attended(static_cast<std::size_t>(layer), Norm(x, prefix_ + "attn_norm"));
      if (parts_.empty()) {
        AddTo(x, Read(prefix_ + "wo").Times(attended));
        AddTo(x, Read(prefix_ + "w_down").Times(Gated(Norm(x, prefix_ + "mlp_norm"))));
      } else {
        AddTo(x, Decoupled(x, attended));
      }
    }
    ++position_;
    return Read(config_.tied_head ? "embed" : "head").Times(Norm(x, "final_norm"));
  }

 private:
  Matrix Read(const std::string& name) {
    const TensorInfo info = checkpoint_.Info(name);
    const std::vector<float> values =
        Decode(checkpoint_.Read(name, Shard::Whole(info.rows, info.columns)).view);
    return {static_cast<std::size_t>(info.columns), Vector(values.begin(), values.end())};
  }

  Vector Norm(const Vector& x, const std::string& name) {
    double squares = 0;
    for (double value : x) squares += value * value;
    const double scale =
        1 / std::sqrt(squares / static_cast<double>(x.size()) + config_.norm_epsilon);
    Vector out = Read(name).values;
    for (std::size_t i = 0; i < x.size(); ++i) out[i] *= x[i] * scale;
    return out;
  }

  Vector Project(const char* matrix, const char* bias, const Vector& x) {
    Vector out = Read(prefix_ + matrix).Times(x);
    if (config_.qkv_bias) AddTo(out, Read(prefix_ + bias).values);
    return out;
  }

  void Rotate(Vector& x) const {
    const auto width = static_cast<std::size_t>(config_.head_dim);
    const bool halves = config_.rope_style == RopeStyle::kHalf;
    for (std::size_t head = 0; head < x.size(); head += width) {
      for (std::size_t i = 0; i < width / 2; ++i) {
        const double factor = config_.rope_factors.empty() ? 1.0 : config_.rope_factors[i];
        const double exponent = -2.0 * static_cast<double>(i) / config_.head_dim;
        const double angle = position_ * std::pow(config_.rope_base, exponent) / factor;
        double& a = x[head + (halves ? i : 2 * i)];
        double& b = x[head + (halves ? i + width / 2 : 2 * i + 1)];
        const double turned = a * std::cos(angle) - b * std::sin(angle);
        b = a * std::sin(angle) + b * std::cos(angle);
        a = turned;
      }
    }
  }

  Vector Decoupled(const Vector& x, const Vector& attended) {
    const int width = config_.head_dim * (config_.heads / config_.kv_heads);
    Vector sum(x.size());
    for (const ReferencePart& part : parts_) {
      Vector own = x;
      const Vector a =
          Read(prefix_ + "wo")
              .Times(Only(attended, part.kv_head_begin * width, part.kv_head_end * width));
      AddTo(own, a);
      AddTo(sum, a);
      const Vector gated = Gated(Norm(own, prefix_ + "mlp_norm"));
      AddTo(sum, Read(prefix_ + "w_down").Times(Only(gated, part.column_begin, part.column_end)));
    }
    return sum;
  }

  Vector Attended(std::size_t layer, const Vector& x) {
    Vector q = Project("wq", "bq", x);
    Vector k = Project("wk", "bk", x);
    Rotate(q);
    Rotate(k);
    keys_[layer].push_back(k);
    values_[layer].push_back(Project("wv", "bv", x));
    Vector out(q.size());
    for (int head = 0; head < config_.heads; ++head) AttendHead(layer, head, q, out);
    return out;
  }

  void AttendHead(std::size_t layer, int head, const Vector& q, Vector& out) const {
    const auto width = static_cast<std::size_t>(config_.head_dim);
    const std::size_t at = static_cast<std::size_t>(head) * width;
    const auto shared = static_cast<std::size_t>(head / (config_.heads / config_.kv_heads)) * width;
    Vector weights;
    for (const Vector& key : keys_[layer]) {
      double score = 0;
      for (std::size_t i = 0; i < width; ++i) score += q[at + i] * key[shared + i];
      weights.push_back(score / std::sqrt(static_cast<double>(width)));
    }
    const double largest = *std::max_element(weights.begin(), weights.end());
    double sum = 0;
    for (double& weight : weights) sum += weight = std::exp(weight - largest);
    for (std::size_t row = 0; row < weights.size(); ++row) {
      for (std::size_t i = 0; i < width; ++i) {
        out[at + i] += weights[row] / sum * values_[layer][row][shared + i];
      }
    }
  }

  Vector Gated(const Vector& x) {
    Vector gate = Read(prefix_ + "w_gate").Times(x);
    const Vector up = Read(prefix_ + "w_up").Times(x);
    for (std::size_t i = 0; i < gate.size(); ++i) gate[i] *= up[i] / (1 + std::exp(-gate[i]));
    return gate;
  }

  Checkpoint& checkpoint_;
  const ModelConfig& config_;
  std::vector<ReferencePart> parts_;
  std::vector<std::vector<Vector>> keys_;  // [layer][position]
  std::vector<std::vector<Vector>> values_;
  std::string prefix_;  // of the current layer's tensors
  int position_ = 0;
};

}  // namespace

std::vector<std::vector<float>> ReferenceLogits(Checkpoint& checkpoint,
                                                const std::vector<std::int32_t>& tokens) {
  return DecoupledReferenceLogits(checkpoint, tokens, {});
}

std::vector<std::vector<float>> DecoupledReferenceLogits(Checkpoint& checkpoint,
                                                         const std::vector<std::int32_t>& tokens,
                                                         const std::vector<ReferencePart>& parts) {
  ReferenceModel model(checkpoint, parts);
  std::vector<std::vector<float>> logits;
  for (std::int32_t token : tokens) {
    const Vector row = model.Next(token);
    logits.emplace_back(row.begin(), row.end());
  }
  return logits;
}

}  // namespace jupiter
