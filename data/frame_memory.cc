#include "data/frame_memory.h"

#include <ATen/ATen.h>
#include <sys/mman.h>

#include <cstddef>
#include <new>

namespace retrace::data {
namespace {

constexpr size_t kHugePage = 2 << 20, kPage = 4 << 10;

size_t round_up(size_t bytes, size_t unit) {
  return (bytes + unit - 1) / unit * unit;
}

// What is left over gets a huge page of its own if it fills half of it.
size_t mapped_bytes(size_t bytes) {
  return bytes % kHugePage >= kHugePage / 2 ? round_up(bytes, kHugePage) : round_up(bytes, kPage);
}

// `bytes` of new memory, at a multiple of the huge page.
char* map_aligned(size_t bytes) {
  const size_t reserved = bytes + kHugePage;
  void* const memory =
      ::mmap(nullptr, reserved, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  char* const begin = static_cast<char*>(memory);
  const size_t skipped = (kHugePage - reinterpret_cast<uintptr_t>(begin) % kHugePage) % kHugePage;
  if (skipped > 0) ::munmap(begin, skipped);
  ::munmap(begin + skipped + bytes, reserved - skipped - bytes);
  return begin + skipped;
}

}  // namespace

at::Tensor empty_frames(int64_t num_frames, int64_t height, int64_t width) {
  const at::DimVector sizes = {num_frames, 3, height, width};
  const auto num_bytes = static_cast<size_t>(num_frames * 3 * height * width);
  if (num_bytes < kHugePage) return at::empty(sizes, at::kByte);
  const size_t mapped = mapped_bytes(num_bytes);
  char* const memory = map_aligned(mapped);
  ::madvise(memory, mapped, MADV_HUGEPAGE);  // a wish: without it the pages are small
  return at::from_blob(
      memory, sizes, [mapped](void* p) { ::munmap(p, mapped); }, at::kByte);
}

}  // namespace retrace::data
