// libFuzzer's entry point; RETRACE_FUZZ_TARGET names the function of targets.h.
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/targets.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  retrace::fuzz::RETRACE_FUZZ_TARGET({reinterpret_cast<const char*>(data), size});
  return 0;
}
