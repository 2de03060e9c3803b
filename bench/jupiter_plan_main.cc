#include "bench/programs/jupiter_plan.h"

int main(int argc, char** argv) { return jupiter::PlanMain(argc, argv); }
