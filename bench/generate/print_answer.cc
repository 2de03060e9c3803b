#include "bench/generate/print_answer.h"

#include <fmt/ranges.h>

#include "bench/generate/answer_printer.h"
#include "bench/report/metrics.h"
#include "bench/report/run_report.h"
#include "parallel/transport/together.h"

namespace jupiter {

Generation PrintAnswer(const JobRun& run, const Request& request, const Tokenizer* tokenizer,
                       bool ids) {
  AnswerPrinter printer(tokenizer, ids);
  RequestObserver observer;
  if (run.prints) {
    observer.on_token = [&](int, std::int32_t token) {
      printer.Print(token);
      return true;
    };
  }
  std::vector<Generation> generations =
      run.session.Run({{}, {request}}, run.options, observer, run.recorder);
  Together(run.transport, [&] {
    if (run.session.is_source() && run.prints) printer.Finish();
  });
  return generations.empty() ? Generation{} : std::move(generations.front());
}

std::string ShowAnswer(const Generation& generation, std::int64_t prompt_tokens, double before) {
  return fmt::format(
      "slices: {}\n{}", fmt::join(generation.slices, ","),
      ShowMetrics(Measure(generation.start, generation.times), static_cast<int>(prompt_tokens),
                  static_cast<int>(generation.tokens.size()), before));
}

}  // namespace jupiter
