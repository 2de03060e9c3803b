// Ends in the way its argument names, for exit_test.py.
#include <chrono>
#include <stdexcept>
#include <string_view>
#include <thread>

#include "kernels/base/check.h"
#include "parallel/transport/agreement.h"
#include "parallel/transport/transport.h"

namespace jupiter {
namespace {

int RunCase(Context& context, std::string_view name) {
  const bool last = context.rank() + 1 == context.size();
  if (name == "flag") FailUser("unknown flag --lyers; did you mean --layers?");
  Transport transport(context);
  if (name == "agreed") AgreeOrThrow(transport, last ? "model.gguf: no such file" : "");
  if (name == "pending") {
    transport.Send((context.rank() + 1) % context.size(), Channel::kBatch, Message(8, 8u << 20));
    AgreeOrThrow(transport, "the plan does not fit");
  }
  if (name == "alone" && last) FailUser("only this rank minds");
  if (name == "peer" && last) throw PeerError("rank 0 went away");
  if (name == "unexpected" && last) throw std::runtime_error("vector::at");
  if (name == "late" && last) std::this_thread::sleep_for(std::chrono::seconds(10));
  if (name == "unsent" && last) transport.Send(0, Channel::kBatch, Message(8, 8u << 20));
  return name == "code" ? 7 : 0;
}

}  // namespace
}  // namespace jupiter

int main(int argc, char** argv) {
  jupiter::Context context(&argc, &argv);
  context.set_deadline_seconds(1);
  return jupiter::RunBody(context,
                          [&] { return jupiter::RunCase(context, argc > 1 ? argv[1] : ""); });
}
