// What the collectives are made of: rows of a device out as a message, and a message into rows.
#pragma once

#include <string_view>

#include "kernels/base/dtype.h"
#include "kernels/base/tensor.h"
#include "kernels/device.h"
#include "parallel/transport/transport.h"

namespace jupiter {

// Carries f32 rows of one device on a channel as rows of the wire dtype (f32, f16,
// q8_0). An empty chunk is not sent at all, so both sides must know the shapes.
class Exchange {
 public:
  Exchange(Transport& transport, Device& device, DType wire, Channel channel = Channel::kCollective)
      : transport_(transport), device_(device), wire_(wire), channel_(channel) {}

  int rank() const { return transport_.rank(); }
  int size() const { return transport_.size(); }
  DType wire() const { return wire_; }

  // A message with x in wire form.
  Message Encode(ConstTensorView x);
  void Decode(const Message& message, TensorView out);
  // y += the rows of the message.
  void DecodeAdd(const Message& message, TensorView y);
  void Send(int destination, Message message);
  // A message with `rows` x `columns` of `source`. Throws PeerError if it has another size.
  Message Receive(int source, std::int64_t rows, std::int64_t columns, std::string_view operation);
  // Gives x the values that the other ranks get to see: through the wire dtype and back.
  void RoundThroughWire(const Message& encoded, TensorView x);

 private:
  TensorView HostRows(const Message& message, std::int64_t rows, std::int64_t columns) const;
  TensorView ReserveScratch(std::int64_t rows, std::int64_t columns);

  Transport& transport_;
  Device& device_;
  DType wire_;
  Channel channel_;
  Tensor scratch_;  // [elements, 1], grows to the largest chunk added
};

// A copy of a message, to send the same rows to another rank as well.
Message CopyOf(const Message& message);

}  // namespace jupiter
