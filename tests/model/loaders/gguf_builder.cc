#include "tests/model/loaders/gguf_builder.h"

#include <algorithm>
#include <stdexcept>

namespace jupiter {
namespace {

std::string TextBytes(const std::string& text) {
  return NumberBytes<std::uint64_t>(text.size()) + text;
}

std::uint64_t RoundUp(std::uint64_t value, std::uint64_t step) {
  return (value + step - 1) / step * step;
}

}  // namespace

void GgufBuilder::Set(const std::string& key, std::uint32_t kind, std::string bytes) {
  for (Value& value : values_) {
    if (value.key != key) continue;
    value.kind = kind;
    value.bytes = std::move(bytes);
    return;
  }
  values_.push_back({key, kind, std::move(bytes)});
}

void GgufBuilder::SetString(const std::string& key, const std::string& value) {
  Set(key, 8, TextBytes(value));
}

void GgufBuilder::SetStrings(const std::string& key, const std::vector<std::string>& values) {
  std::string bytes = NumberBytes<std::uint32_t>(8) + NumberBytes<std::uint64_t>(values.size());
  for (const std::string& value : values) bytes += TextBytes(value);
  Set(key, 9, std::move(bytes));
}

void GgufBuilder::Remove(const std::string& key) {
  values_.erase(std::remove_if(values_.begin(), values_.end(),
                               [&key](const Value& value) { return value.key == key; }),
                values_.end());
}

void GgufBuilder::AddTensor(std::string name, std::uint32_t type,
                            std::vector<std::uint64_t> dimensions, std::string bytes) {
  tensors_.push_back({std::move(name), type, std::move(dimensions), std::move(bytes), 0});
}

void GgufBuilder::RemoveTensor(const std::string& name) {
  tensors_.erase(std::remove_if(tensors_.begin(), tensors_.end(),
                                [&name](const Tensor& tensor) { return tensor.name == name; }),
                 tensors_.end());
}

void GgufBuilder::Place() {
  std::uint64_t offset = 0;
  for (Tensor& tensor : tensors_) {
    tensor.offset = offset;
    offset = RoundUp(offset + tensor.bytes.size(), alignment);
  }
}

GgufBuilder::Tensor& GgufBuilder::At(const std::string& name) {
  for (Tensor& tensor : tensors_) {
    if (tensor.name == name) return tensor;
  }
  throw std::logic_error("the builder has no tensor " + name);
}

std::string GgufBuilder::BuildHead() const {
  const auto count = [](std::int64_t declared, std::size_t actual) {
    return declared < 0 ? static_cast<std::uint64_t>(actual) : static_cast<std::uint64_t>(declared);
  };
  std::string out = magic + NumberBytes(version);
  out += NumberBytes(count(declared_tensors, tensors_.size()));
  out += NumberBytes(count(declared_values, values_.size()));
  for (const Value& value : values_) {
    out += TextBytes(value.key) + NumberBytes(value.kind) + value.bytes;
  }
  for (const Tensor& tensor : tensors_) {
    out += TextBytes(tensor.name) + NumberBytes<std::uint32_t>(tensor.dimensions.size());
    for (const std::uint64_t dimension : tensor.dimensions) out += NumberBytes(dimension);
    out += NumberBytes(tensor.type) + NumberBytes(tensor.offset);
  }
  out.resize(RoundUp(out.size(), alignment));
  return out;
}

std::string GgufBuilder::Build() const {
  std::string out = BuildHead();
  const std::size_t data = out.size();
  for (const Tensor& tensor : tensors_) {
    const std::size_t begin = data + tensor.offset;
    if (out.size() < begin + tensor.bytes.size()) out.resize(begin + tensor.bytes.size());
    out.replace(begin, tensor.bytes.size(), tensor.bytes);
  }
  return out;
}

}  // namespace jupiter
