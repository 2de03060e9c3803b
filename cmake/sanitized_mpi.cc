// Sanitizer builds only: what Open MPI keeps until exit is not reported as leaked.

// Its plug-ins stay loaded, so that what they point to is known to be in use, and reports name
// them.
extern "C" int dlclose(void*) { return 0; }

#ifdef JUPITER_FINDS_LEAKS
#include <sanitizer/lsan_interface.h>

// Starting and ending leave most of it. Left out here, no report has to be compared with the
// suppression file, which would take two thirds of the time of a short program. Programs without
// MPI have no PMPI_*.
extern "C" {
int PMPI_Init_thread(int*, char***, int, int*) __attribute__((weak));
int PMPI_Finalize() __attribute__((weak));

int MPI_Init_thread(int* argc, char*** argv, int required, int* provided) {
  const __lsan::ScopedDisabler disabler;
  return PMPI_Init_thread(argc, argv, required, provided);
}

int MPI_Finalize() {
  const __lsan::ScopedDisabler disabler;
  return PMPI_Finalize();
}
}
#endif
