// What --help says of the flags of Google Benchmark, which parses them itself.
#pragma once

namespace jupiter {

inline constexpr const char* kBenchmarkHelp =
    R"(Flags of Google Benchmark:
  --benchmark_filter=REGEX             rows whose name has it; -REGEX: whose name has it not
  --benchmark_list_tests               print the names of the rows that would run
  --benchmark_min_time=SECONDS         measure each repetition so long, 0.5 or 0.5s
  --benchmark_min_warmup_time=SECONDS  run each row so long before that
  --benchmark_repetitions=N            measure each row N times; adds mean, median, stddev, cv
  --benchmark_enable_random_interleaving=true
                                       repetitions of all rows in random order
  --benchmark_report_aggregates_only=true
                                       of repetitions, report those four alone
  --benchmark_display_aggregates_only=true
                                       the same of stdout, but not of --benchmark_out
  --benchmark_format=console|json|csv  of stdout
  --benchmark_out=FILE                 the report in a file, too
  --benchmark_out_format=json|console|csv
                                       of that file
  --benchmark_time_unit=ns|us|ms|s     of the columns Time and CPU
  --benchmark_counters_tabular=false   counters as name=value instead of columns
  --benchmark_color=true|auto          colours on stdout
  --benchmark_context=KEY=VALUE,...    more lines for the head of the report)";

}  // namespace jupiter
