# Writes the commit of the sources into a header; run by every build, it touches the file only when
# the commit is another.   cmake -D SOURCES=... -D HEADER=... -P WriteCommit.cmake
cmake_minimum_required(VERSION 3.22)
execute_process(COMMAND git describe --always --dirty --abbrev=12
                WORKING_DIRECTORY ${SOURCES} OUTPUT_VARIABLE commit
                OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
if(failed)
  set(commit unknown)
endif()
# Written only where it changes.
file(CONFIGURE OUTPUT ${HEADER} CONTENT "#pragma once\n#define JUPITER_COMMIT \"@commit@\"\n" @ONLY)
