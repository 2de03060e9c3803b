// Sanitizer builds only: keeps Open MPI's plug-ins loaded until exit, so that leak reports name
// them and the suppression file can tell them from ours.
extern "C" int dlclose(void*) { return 0; }
