# Build flags, the table of who may use whom, and the functions that add libraries, programs and tests.

# ------------------------------------------------------------------------------------------------
# Who may use whom. tools/check_includes.py reads this table too (test `layering`).
# ------------------------------------------------------------------------------------------------
set(RETRACE_MAY_USE_core        "")
set(RETRACE_MAY_USE_kernels     core)
set(RETRACE_MAY_USE_distributed core)
set(RETRACE_MAY_USE_data        core)
set(RETRACE_MAY_USE_model       core kernels distributed)
set(RETRACE_MAY_USE_reward      core data)
set(RETRACE_MAY_USE_rollout     core kernels distributed data model)
set(RETRACE_MAY_USE_rl          core kernels distributed data model rollout reward)

# ------------------------------------------------------------------------------------------------
# Flags
# ------------------------------------------------------------------------------------------------
add_library(retrace_build_flags INTERFACE)
target_compile_options(retrace_build_flags INTERFACE -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Werror)
foreach(sanitizer IN LISTS RETRACE_SANITIZERS)
  target_compile_options(retrace_build_flags INTERFACE -fsanitize=${sanitizer} -fno-omit-frame-pointer)
  target_link_options(retrace_build_flags INTERFACE -fsanitize=${sanitizer})
endforeach()

find_program(RETRACE_MOLD mold)
if(RETRACE_MOLD)
  target_link_options(retrace_build_flags INTERFACE -fuse-ld=mold)
endif()

if(RETRACE_CLANG_TIDY)
  find_program(RETRACE_CLANG_TIDY_PROGRAM clang-tidy REQUIRED)
  set(CMAKE_CXX_CLANG_TIDY ${RETRACE_CLANG_TIDY_PROGRAM})
endif()

# The LibTorch headers take 9 s to parse and 3 s to load precompiled. One target owns the precompiled header,
# so every target that reuses it must have the same flags: `-include` of the same file, -O and -g alike.
if(RETRACE_PCH)
  add_library(retrace_pch OBJECT "${PROJECT_SOURCE_DIR}/cmake/pch.cc")
  target_link_libraries(retrace_pch PRIVATE torch::cpu fmt::fmt retrace_build_flags)
  target_precompile_headers(retrace_pch PRIVATE
    <ATen/ATen.h> <torch/csrc/autograd/custom_function.h> <fmt/format.h> <filesystem> <functional> <map> <memory>
    <optional> <span> <string> <string_view> <vector>)
endif()

function(retrace_use_torch target)
  target_link_libraries(${target} PUBLIC torch::cpu)
  if(RETRACE_PCH)
    target_precompile_headers(${target} REUSE_FROM retrace_pch)
  endif()
endfunction()

# Sources after PLAIN instead of SOURCES use no LibTorch header, and are compiled without the precompiled one, which
# takes 3 s to load: longer than most of them take.
function(retrace_compile_plain)
  if(ARGN)
    set_source_files_properties(${ARGN} PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
  endif()
endfunction()

# retrace_add_library(<folder> SOURCES .. PLAIN .. DEPS <folder>.. LINK <external>.. [PRIVATE_LINK <external>..] [TORCH])
function(retrace_add_library name)
  cmake_parse_arguments(arg "TORCH" "" "SOURCES;PLAIN;DEPS;LINK;PRIVATE_LINK" ${ARGN})
  foreach(dep IN LISTS arg_DEPS)
    if(NOT dep IN_LIST RETRACE_MAY_USE_${name})
      message(FATAL_ERROR "layering: ${name} may not depend on ${dep}; allowed: ${RETRACE_MAY_USE_${name}}")
    endif()
  endforeach()
  add_library(retrace_${name} STATIC ${arg_SOURCES} ${arg_PLAIN})
  retrace_compile_plain(${arg_PLAIN})
  add_library(retrace::${name} ALIAS retrace_${name})
  target_include_directories(retrace_${name} PUBLIC ${PROJECT_SOURCE_DIR})
  list(TRANSFORM arg_DEPS PREPEND retrace::)
  target_link_libraries(retrace_${name} PUBLIC ${arg_DEPS} ${arg_LINK} PRIVATE ${arg_PRIVATE_LINK} retrace_build_flags)
  if(arg_TORCH)
    retrace_use_torch(retrace_${name})
  endif()
endfunction()

# retrace_add_program(<name> SOURCES .. PLAIN .. LINK ..)
function(retrace_add_program name)
  cmake_parse_arguments(arg "" "" "SOURCES;PLAIN;LINK" ${ARGN})
  add_executable(${name} ${arg_SOURCES} ${arg_PLAIN})
  retrace_compile_plain(${arg_PLAIN})
  target_link_libraries(${name} PRIVATE ${arg_LINK} retrace_build_flags)
  retrace_use_torch_private(${name})
endfunction()

function(retrace_use_torch_private target)
  target_link_libraries(${target} PRIVATE torch::cpu)
  if(RETRACE_PCH)
    target_precompile_headers(${target} REUSE_FROM retrace_pch)
  endif()
endfunction()

# retrace_add_test(<name> LABEL cpu|golden|mpi|e2e SOURCES .. PLAIN .. LINK ..)
# One label per binary: CMake 3.25 silently keeps only the first of several.
function(retrace_add_test name)
  cmake_parse_arguments(arg "" "LABEL" "SOURCES;PLAIN;LINK" ${ARGN})
  add_executable(${name} ${arg_SOURCES} ${arg_PLAIN})
  retrace_compile_plain(${arg_PLAIN})
  target_link_libraries(${name} PRIVATE ${arg_LINK} retrace_test_support retrace_test_main GTest::gtest GTest::gmock retrace_build_flags)
  target_compile_definitions(${name} PRIVATE RETRACE_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
                                             RETRACE_BINARY_DIR="${PROJECT_BINARY_DIR}")
  retrace_use_torch_private(${name})
  # One CTest entry a binary: loading LibTorch takes 0.3 s, which a process for every case would pay hundreds of times.
  # `<binary> --gtest_filter=Suite.Case` runs one case.
  add_test(NAME ${name} COMMAND ${name} --gtest_brief=1)
  set_tests_properties(${name} PROPERTIES LABELS ${arg_LABEL} TIMEOUT 300)
  if(RETRACE_SANITIZERS)
    # Several times slower; and an allocation that cannot succeed has to fail as it does elsewhere.
    set_tests_properties(${name} PROPERTIES TIMEOUT 1500 ENVIRONMENT ASAN_OPTIONS=allocator_may_return_null=1)
  endif()
endfunction()
