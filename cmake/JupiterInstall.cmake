# `cmake --install BUILD --prefix PREFIX`: libraries, headers, programs and the shipped data, so that
# programs out of this tree find_package(jupiter) and add strategies of their own: docs/extend.md.
include(CMakePackageConfigHelpers)

install(TARGETS jupiter_flags EXPORT jupiter)
install(EXPORT jupiter NAMESPACE jupiter:: DESTINATION lib/cmake/jupiter FILE jupiter-targets.cmake)
configure_package_config_file(cmake/jupiter-config.cmake.in ${CMAKE_BINARY_DIR}/jupiter-config.cmake
  INSTALL_DESTINATION lib/cmake/jupiter)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/jupiter-config-version.cmake
  COMPATIBILITY ExactVersion)
install(FILES ${CMAKE_BINARY_DIR}/jupiter-config.cmake
              ${CMAKE_BINARY_DIR}/jupiter-config-version.cmake
        DESTINATION lib/cmake/jupiter)
foreach(folder IN ITEMS kernels model planning parallel bench)
  install(DIRECTORY ${folder} DESTINATION include/jupiter FILES_MATCHING PATTERN "*.h")
endforeach()
install(DIRECTORY experiments DESTINATION share/jupiter PATTERN "*.py" EXCLUDE)
install(TARGETS jupiter_run jupiter_bench jupiter_plan jupiter_replay jupiter_profile jupiter_medusa
        RUNTIME DESTINATION bin)
# The tests that every strategy has to pass, to be compiled with one's own: see docs/extend.md.
install(FILES tests/sanitized.h DESTINATION share/jupiter/tests)
install(FILES
  tests/parallel/mpi_main.cc tests/parallel/mpi_main.h
  DESTINATION share/jupiter/tests/parallel)
install(FILES
  tests/parallel/strategies/formulas_test.cc tests/parallel/strategies/request_runs.cc
  tests/parallel/strategies/request_runs.h tests/parallel/strategies/share_cases.cc
  tests/parallel/strategies/share_cases.h tests/parallel/strategies/strategy_test.cc
  DESTINATION share/jupiter/tests/parallel/strategies)
