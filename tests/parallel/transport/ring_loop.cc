// A ring of messages, endless or for some steps: what the kill test stops in mid-run, and a measure
// of the time and processor share of a step.
//
//   ring_loop [--deadline SECONDS] [--steps N] [--bytes B] [--pause SECONDS]
#include <sys/resource.h>

#include <chrono>
#include <cstdlib>
#include <limits>
#include <string>
#include <string_view>
#include <thread>

#include "kernels/base/check.h"
#include "kernels/base/clock.h"
#include "parallel/transport/transport.h"

namespace jupiter {
namespace {

struct Options {
  double deadline = 60;
  std::int64_t steps = std::numeric_limits<std::int64_t>::max();
  std::size_t bytes = 4;
  double pause = 0;  // of rank 0, in every step
};

Options ParseOptions(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    const double value = std::atof(argv[i + 1]);
    if (name == "--deadline") {
      options.deadline = value;
    } else if (name == "--steps") {
      options.steps = static_cast<std::int64_t>(value);
    } else if (name == "--bytes") {
      options.bytes = static_cast<std::size_t>(value);
    } else if (name == "--pause") {
      options.pause = value;
    } else {
      FailUser("unknown flag {}; known are --deadline, --steps, --bytes and --pause", name);
    }
  }
  return options;
}

double ProcessorSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// One message goes round the ring; each rank holds it in turn.
void Step(Transport& transport, const Options& options) {
  const int size = transport.size();
  const int next = (transport.rank() + 1) % size;
  const int previous = (transport.rank() + size - 1) % size;
  if (transport.rank() == 0) {
    std::this_thread::sleep_for(std::chrono::duration<double>(options.pause));
    transport.Send(next, Channel::kBatch, Message(8, options.bytes));
    transport.Receive(previous, Channel::kBatch, "the ring's message");
    return;
  }
  transport.Send(next, Channel::kBatch,
                 transport.Receive(previous, Channel::kBatch, "the ring's message"));
}

int RunRing(Context& context, int argc, char** argv) {
  const Options options = ParseOptions(argc, argv);
  context.set_deadline_seconds(options.deadline);
  Transport transport(context);
  Step(transport, options);
  if (transport.rank() == 0) fmt::print(stderr, "the ring turns\n");
  const double start = Now();
  const double processor = ProcessorSeconds();
  for (std::int64_t step = 0; step < options.steps; ++step) Step(transport, options);
  const double seconds = Now() - start;
  fmt::print("{}: {:.2f} us per hop, {:.1f} % of a core\n", context.Describe(context.rank()),
             1e6 * seconds / static_cast<double>(options.steps * context.size()),
             100 * (ProcessorSeconds() - processor) / seconds);
  return 0;
}

}  // namespace
}  // namespace jupiter

int main(int argc, char** argv) {
  jupiter::Context context(&argc, &argv);
  return jupiter::RunBody(context, [&] { return jupiter::RunRing(context, argc, argv); });
}
