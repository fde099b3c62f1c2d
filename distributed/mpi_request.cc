#include "distributed/mpi_request.h"

#include <array>
#include <chrono>
#include <thread>
#include <utility>
#include <vector>

#include "core/error.h"

namespace retrace::distributed {
namespace {

// Ranks that are in step answer within microseconds; sleeping then would cost more than the
// operation. Ranks that are not in step are still computing, and spinning would take a core from
// them.
constexpr std::chrono::microseconds kSpin{200};
constexpr std::chrono::microseconds kSleep{50};

void keep_for_the_rest_of_the_process(std::shared_ptr<void> owner) {
  // Never destroyed: MPI may write to the buffers until the process ends.
  static auto* const abandoned = new std::vector<std::shared_ptr<void>>;
  abandoned->push_back(std::move(owner));
}

}  // namespace

void check_mpi(int code, const CallSite& site) {
  if (code == MPI_SUCCESS) return;
  std::array<char, MPI_MAX_ERROR_STRING> text{};
  int length = 0;
  if (MPI_Error_string(code, text.data(), &length) != MPI_SUCCESS) length = 0;
  core::throw_<core::DistributedError>(
      "{} '{}' on rank {} of {}: MPI error {}: {}; look for the first error of another rank, and "
      "check that all "
      "ranks pass the same shapes",
      site.operation, site.tag, site.rank, site.size, code,
      std::string_view(text.data(), static_cast<size_t>(length)));
}

void wait_for(MPI_Request request, double deadline_seconds, const CallSite& site,
              std::shared_ptr<void> keep_alive) {
  const auto start = std::chrono::steady_clock::now();
  while (true) {
    int is_complete = 0;
    check_mpi(MPI_Test(&request, &is_complete, MPI_STATUS_IGNORE), site);
    if (is_complete != 0) return;
    const auto waited = std::chrono::steady_clock::now() - start;
    const double waited_seconds = std::chrono::duration<double>(waited).count();
    if (waited_seconds >= deadline_seconds) {
      keep_for_the_rest_of_the_process(std::move(keep_alive));
      core::throw_<core::DistributedError>(
          "{} '{}' on rank {} of {}: waited {:.1f} s for the other ranks, the deadline is {:g} s; "
          "another rank has "
          "failed, hangs, or does not make this call: look at its log, or raise the deadline if it "
          "is only slow",
          site.operation, site.tag, site.rank, site.size, waited_seconds, deadline_seconds);
    }
    if (waited > kSpin) std::this_thread::sleep_for(kSleep);
  }
}

}  // namespace retrace::distributed
