#include "bench/programs/jupiter_bench.h"

int main(int argc, char** argv) { return jupiter::BenchMain(argc, argv); }
