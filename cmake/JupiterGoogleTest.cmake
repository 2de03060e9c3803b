# GoogleTest; a cross build compiles the sources that the distribution installs with the package.
if(NOT CMAKE_CROSSCOMPILING)
  find_package(GTest REQUIRED)
elseif(EXISTS /usr/src/googletest/CMakeLists.txt)
  set(INSTALL_GTEST OFF)
  set(BUILD_GMOCK OFF)
  add_subdirectory(/usr/src/googletest ${CMAKE_BINARY_DIR}/googletest EXCLUDE_FROM_ALL)
else()
  message(FATAL_ERROR "no GoogleTest sources in /usr/src/googletest; run scripts/setup, or "
                      "configure with -DJUPITER_TESTS=OFF")
endif()
