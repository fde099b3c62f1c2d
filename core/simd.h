// Compiles a loop for several instruction sets and picks one when the program starts.
//
// The build targets plain x86-64, so that one binary runs everywhere; a function marked
// RETRACE_SIMD is compiled for AVX-512, AVX2 and the baseline. Left out under sanitizers, whose run
// time is not ready when the choice is made.
#pragma once

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define RETRACE_SIMD \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default"), optimize("O3")))
#else
#define RETRACE_SIMD
#endif
