# The packages every library needs. A cross build has no fmt library for its target, so there it takes
# fmt's headers alone.
include_guard(GLOBAL)
find_package(Threads REQUIRED)

if(NOT CMAKE_CROSSCOMPILING)
  find_package(fmt REQUIRED)
else()
  find_path(JUPITER_FMT_HEADERS fmt/format.h PATHS /usr/include NO_CMAKE_FIND_ROOT_PATH REQUIRED)
  # By a link: the folder itself holds headers of the host's C library, too.
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/include/fmt)
  file(CREATE_LINK ${JUPITER_FMT_HEADERS}/fmt ${CMAKE_BINARY_DIR}/include/fmt/fmt SYMBOLIC)
  add_library(fmt::fmt INTERFACE IMPORTED GLOBAL)
  target_include_directories(fmt::fmt INTERFACE ${CMAKE_BINARY_DIR}/include/fmt)
  target_compile_definitions(fmt::fmt INTERFACE FMT_HEADER_ONLY=1)
endif()
