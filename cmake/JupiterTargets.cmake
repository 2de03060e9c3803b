# How targets are made here: one library per folder, and an include path per library, so that an
# include that points against the layers of the design finds no file.
include(${CMAKE_CURRENT_LIST_DIR}/JupiterDependencies.cmake)

add_library(jupiter_flags INTERFACE)
# No contraction: a*b+c is fused only where the code says fma, on every compiler and processor.
target_compile_options(jupiter_flags INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-ffp-contract=off>
  $<BUILD_INTERFACE:$<$<COMPILE_LANGUAGE:CXX>:-Wall>>
  $<BUILD_INTERFACE:$<$<COMPILE_LANGUAGE:CXX>:-Wextra>>
  $<BUILD_INTERFACE:$<$<COMPILE_LANGUAGE:CUDA>:-Xcompiler=-Wall,-Wextra>>)
if(JUPITER_WERROR)
  target_compile_options(jupiter_flags INTERFACE
    $<BUILD_INTERFACE:$<$<COMPILE_LANGUAGE:CXX>:-Werror>>
    $<BUILD_INTERFACE:$<$<COMPILE_LANGUAGE:CUDA>:--Werror=all-warnings>>)
endif()
if(JUPITER_SANITIZE)
  target_compile_options(jupiter_flags INTERFACE
    -fsanitize=${JUPITER_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(jupiter_flags INTERFACE -fsanitize=${JUPITER_SANITIZE})
  if(JUPITER_SANITIZE MATCHES "undefined")
    # A third of the compiler's time. Where such a pointer is used, the address sanitizer mostly sees it.
    # Alignment, another quarter, is looked at where numbers are read out of bytes (messages, weights).
    set(bytes_are_read $<BOOL:$<TARGET_PROPERTY:JUPITER_READS_BYTES>>)
    target_compile_options(jupiter_flags INTERFACE
      -fno-sanitize=null,object-size,vptr,pointer-overflow$<$<NOT:${bytes_are_read}>:,alignment>)
  endif()
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # g++ 12 takes a string plus a literal for one that is too short (its bugs 105329 and 105651).
  target_compile_options(jupiter_flags INTERFACE
    "$<BUILD_INTERFACE:$<$<COMPILE_LANGUAGE:CXX>:-Wno-array-bounds;-Wno-restrict>>"
    "$<BUILD_INTERFACE:$<$<COMPILE_LANGUAGE:CXX>:-Wno-stringop-overflow;-Wno-stringop-overread>>")
endif()
if(JUPITER_FUZZERS)
  # Every library counts its branches, which is how the fuzzer knows an input was new.
  target_compile_options(jupiter_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

# jupiter_optimise(): what is made in this folder from here on computes much: it has -O1 under sanitizers,
# too. The preset `asan` gives the rest -O0, which takes half the time to compile.
macro(jupiter_optimise)
  if(JUPITER_SANITIZE)
    add_compile_options(-O1)
    set(JUPITER_HEADERS)
  endif()
endmacro()

# jupiter_precompile(<name>): the libraries made in this folder from here on share one precompiled form of
# the headers that take longest to parse. They include them all the same: the preset `nounity` does without.
function(jupiter_precompile name)
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/headers.cc CONTENT "")
  add_library(${name} OBJECT ${CMAKE_BINARY_DIR}/headers.cc)
  target_link_libraries(${name} PRIVATE jupiter_flags fmt::fmt)
  target_precompile_headers(${name} PRIVATE
    <algorithm> <functional> <map> <memory> <optional> <string> <vector>
    <fmt/format.h> <nlohmann/json.hpp>)
  set(JUPITER_HEADERS ${name} PARENT_SCOPE)
endfunction()

# jupiter_library(<name> FOLDERS <folder>... SOURCES <file>... [PUBLIC <target>...]
#                 [PRIVATE <target>...])
# Makes jupiter_<name> (alias jupiter::<name>) from the explicit sources. Files include each other by
# the path from the root ("kernels/device.h"); only the named folders (or single headers) are on the
# include path of the library and of those that link it. Without sources it is headers alone.
function(jupiter_library name)
  cmake_parse_arguments(ARG "" "" "FOLDERS;SOURCES;PUBLIC;PRIVATE" ${ARGN})
  set(include_dir ${CMAKE_BINARY_DIR}/include/${name})
  foreach(folder IN LISTS ARG_FOLDERS)
    get_filename_component(parent ${include_dir}/${folder} DIRECTORY)
    file(MAKE_DIRECTORY ${parent})
    file(CREATE_LINK ${PROJECT_SOURCE_DIR}/${folder} ${include_dir}/${folder} SYMBOLIC)
  endforeach()
  if(ARG_SOURCES)
    add_library(jupiter_${name} STATIC ${ARG_SOURCES})
    set_target_properties(jupiter_${name} PROPERTIES JUPITER_READS_BYTES "${JUPITER_READS_BYTES}")
    target_link_libraries(jupiter_${name} PRIVATE ${ARG_PRIVATE})
    set(public PUBLIC)
  else()
    add_library(jupiter_${name} INTERFACE)
    set(public INTERFACE)
  endif()
  add_library(jupiter::${name} ALIAS jupiter_${name})
  if(ARG_SOURCES AND JUPITER_HEADERS)
    target_precompile_headers(jupiter_${name} REUSE_FROM ${JUPITER_HEADERS})
  endif()
  target_include_directories(jupiter_${name} ${public}
    $<BUILD_INTERFACE:${include_dir}> $<INSTALL_INTERFACE:include/jupiter>)
  target_link_libraries(jupiter_${name} ${public} jupiter_flags ${ARG_PUBLIC})
  jupiter_install(jupiter_${name} ${name})
endfunction()

# jupiter_rooms(<name> LINK <target>...): jupiter::<name>, all libraries of a top folder.
function(jupiter_rooms name)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  # Named apart from the program jupiter_bench.
  add_library(jupiter_rooms_${name} INTERFACE)
  add_library(jupiter::${name} ALIAS jupiter_rooms_${name})
  target_link_libraries(jupiter_rooms_${name} INTERFACE ${ARG_LINK})
  jupiter_install(jupiter_rooms_${name} ${name})
endfunction()

# jupiter_install(<target> <name>): `cmake --install` takes the target along, as jupiter::<name>;
# helpers of tests stay at home.
function(jupiter_install target name)
  if(CMAKE_CURRENT_SOURCE_DIR MATCHES "^${PROJECT_SOURCE_DIR}/(tests|kernels/cuda/sim)")
    return()
  endif()
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
  install(TARGETS ${target} EXPORT jupiter ARCHIVE DESTINATION lib)
endfunction()

# jupiter_program(<name> SOURCES <file>... LINK <target>...): a binary in bin/.
function(jupiter_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE jupiter_flags ${ARG_LINK})
  if(JUPITER_SANITIZE)
    target_sources(${name} PRIVATE ${PROJECT_SOURCE_DIR}/cmake/sanitized_mpi.cc)
    if(JUPITER_SANITIZE MATCHES "address")
      target_compile_definitions(${name} PRIVATE JUPITER_FINDS_LEAKS)
    endif()
    target_link_options(${name} PRIVATE -rdynamic)
  endif()
endfunction()

# jupiter_release_only(<program>...): sanitizers see in others what they would see in these. Such builds make
# them by name, or with JUPITER_ALL_TESTS.
function(jupiter_release_only)
  if(JUPITER_SANITIZE AND NOT JUPITER_ALL_TESTS)
    set_target_properties(${ARGN} PROPERTIES EXCLUDE_FROM_ALL TRUE)
  endif()
endfunction()

# jupiter_fuzzer(<name> SOURCES <file>... LINK <target>...): a libFuzzer program <name>, which must end
# in _fuzz (scripts/test runs those), in builds with JUPITER_FUZZERS; nothing otherwise. The target
# `fuzzers` builds them all.
function(jupiter_fuzzer name)
  if(NOT JUPITER_FUZZERS)
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE jupiter_flags ${ARG_LINK})
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  if(NOT TARGET fuzzers)
    add_custom_target(fuzzers)
  endif()
  add_dependencies(fuzzers ${name})
endfunction()
