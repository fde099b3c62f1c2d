# Imported target torch::cpu from a LibTorch directory (the `torch/` folder of a PyPI wheel, or a LibTorch zip).
#
# find_package(Torch) is not used: it demands a CUDA toolkit of the wheel's version even from CPU-only programs.
# The include path is given as -idirafter because the wheel ships its own fmt headers, which would otherwise win
# over the system's fmt and break the link with spdlog.

set(_libtorch_default "$ENV{RETRACE_DEPS}")
if(NOT _libtorch_default)
  set(_libtorch_default "$ENV{HOME}/.cache/retrace")
endif()
if(RETRACE_LIBTORCH)
  set(LIBTORCH_ROOT "${RETRACE_LIBTORCH}")
else()
  set(LIBTORCH_ROOT "${_libtorch_default}/libtorch-2.11.0/torch")
endif()

if(NOT EXISTS "${LIBTORCH_ROOT}/lib/libtorch_cpu.so")
  message(FATAL_ERROR "LibTorch: ${LIBTORCH_ROOT}/lib/libtorch_cpu.so not found. Run tools/setup.sh, or pass "
                      "-DRETRACE_LIBTORCH=<directory with lib/ and include/>.")
endif()

add_library(torch::c10 SHARED IMPORTED)
set_target_properties(torch::c10 PROPERTIES IMPORTED_LOCATION "${LIBTORCH_ROOT}/lib/libc10.so")

add_library(torch::cpu SHARED IMPORTED)
set_target_properties(torch::cpu PROPERTIES IMPORTED_LOCATION "${LIBTORCH_ROOT}/lib/libtorch_cpu.so")
target_link_libraries(torch::cpu INTERFACE torch::c10)
target_compile_definitions(torch::cpu INTERFACE _GLIBCXX_USE_CXX11_ABI=1)
target_compile_options(torch::cpu INTERFACE
  "SHELL:-idirafter ${LIBTORCH_ROOT}/include"
  "SHELL:-idirafter ${LIBTORCH_ROOT}/include/torch/csrc/api/include")
# libtorch_cpu.so needs libcudart and libcupti even on a machine without a GPU; the wheels' copies lie beside it.
target_link_options(torch::cpu INTERFACE "-Wl,-rpath-link,${LIBTORCH_ROOT}/../nvidia/cu13/lib")
