# One static library per folder, linking only what the picture in docs/architecture.md allows.

add_library(headstart_flags INTERFACE)
target_include_directories(headstart_flags INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_definitions(headstart_flags INTERFACE _GNU_SOURCE
                           HEADSTART_VERSION_TEXT="${PROJECT_VERSION}")
target_compile_options(headstart_flags INTERFACE
  -Wall -Wextra -Wconversion -Wshadow $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes> $<$<COMPILE_LANGUAGE:C>:-Wmissing-prototypes> -Wvla
  -Wpointer-arith -Wwrite-strings -Wundef -Werror -fno-common
  -Wno-format-truncation) # error texts are cut at their bound by contract
if(HEADSTART_INVARIANTS)
  target_compile_definitions(headstart_flags INTERFACE HS_INVARIANTS)
endif()
if(HEADSTART_SANITIZE)
  target_compile_options(headstart_flags INTERFACE -fsanitize=${HEADSTART_SANITIZE}
                         -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(headstart_flags INTERFACE -fsanitize=${HEADSTART_SANITIZE})
endif()

# headstart_library(name SOURCES file… [LINK target…] [OUTSIDE target…])
#   LINK: our own libraries, part of the interface; OUTSIDE: outside libraries, private to the door.
function(headstart_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK;OUTSIDE" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC headstart_flags ${ARG_LINK} PRIVATE ${ARG_OUTSIDE})
endfunction()

# headstart_unit_test(name [THREADS] SOURCES file… LINK target…): one CUnit program, one ctest case.
#   THREADS: more than one thread runs in it, so the thread sanitizer is asked too.
function(headstart_unit_test name)
  cmake_parse_arguments(ARG "THREADS" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE headstart_flags ${ARG_LINK} PkgConfig::CUNIT)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT 600
                       SKIP_RETURN_CODE 77) # SUITE_SKIPPED
  if(ARG_THREADS)
    set_tests_properties(${name} PROPERTIES LABELS threads)
  endif()
endfunction()
