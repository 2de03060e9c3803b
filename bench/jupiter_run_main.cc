#include "bench/programs/jupiter_run.h"

int main(int argc, char** argv) { return jupiter::RunMain(argc, argv); }
