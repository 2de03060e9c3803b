#include "parallel/collectives/exchange.h"

#include <cstring>
#include <utility>

#include "kernels/base/check.h"

namespace jupiter {

Message Exchange::Encode(ConstTensorView x) {
  Message message(0, static_cast<std::size_t>(x.rows * RowBytes(wire_, x.columns)));
  device_.Export(x, HostRows(message, x.rows, x.columns));
  return message;
}

void Exchange::Decode(const Message& message, TensorView out) {
  device_.Import(HostRows(message, out.rows, out.columns), out);
}

void Exchange::DecodeAdd(const Message& message, TensorView y) {
  const TensorView scratch = ReserveScratch(y.rows, y.columns);
  Decode(message, scratch);
  device_.Add(scratch, y);
}

void Exchange::Send(int destination, Message message) {
  transport_.Send(destination, channel_, std::move(message));
}

Message Exchange::Receive(int source, std::int64_t rows, std::int64_t columns,
                          std::string_view operation) {
  Message message = transport_.Receive(source, channel_, operation);
  const auto expected = static_cast<std::size_t>(rows * RowBytes(wire_, columns));
  if (message.payload().size() != expected) {
    transport_.FailPeer(
        source, operation,
        fmt::format("{} bytes, expected {} ({} rows of {} columns as {})", message.payload().size(),
                    expected, rows, columns, Name(wire_)));
  }
  return message;
}

void Exchange::RoundThroughWire(const Message& encoded, TensorView x) {
  if (wire_ != DType::kF32) Decode(encoded, x);
}

TensorView Exchange::HostRows(const Message& message, std::int64_t rows,
                              std::int64_t columns) const {
  return {message.payload().data(), wire_, rows, columns, RowBytes(wire_, columns)};
}

TensorView Exchange::ReserveScratch(std::int64_t rows, std::int64_t columns) {
  if (scratch_.rows() < rows * columns) scratch_ = device_.Allocate(DType::kF32, rows * columns, 1);
  return {scratch_.view().data, DType::kF32, rows, columns, RowBytes(DType::kF32, columns)};
}

Message CopyOf(const Message& message) {
  Message copy(message.header().size(), message.payload().size());
  const auto copy_bytes = [](std::span<std::byte> from, std::span<std::byte> to) {
    if (!from.empty()) std::memcpy(to.data(), from.data(), from.size());
  };
  copy_bytes(message.header(), copy.header());
  copy_bytes(message.payload(), copy.payload());
  return copy;
}

}  // namespace jupiter
