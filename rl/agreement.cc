#include "rl/agreement.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "core/interrupt.h"

namespace retrace::rl {

int signal_on_any_rank(distributed::Communicator& communicator) {
  at::Tensor signals = at::zeros({communicator.size()}, at::kLong);
  signals[communicator.rank()] = core::interrupt_signal();
  communicator.all_reduce_sum(signals, "interrupt check");
  return static_cast<int>(signals.max().item<int64_t>());
}

bool is_on_any_rank(distributed::Communicator& communicator, bool value, std::string_view what) {
  at::Tensor count = at::full({1}, value ? 1 : 0, at::kLong);
  communicator.all_reduce_sum(count, what);
  return count.item<int64_t>() > 0;
}

void run_on_all_ranks(distributed::Communicator& communicator, const std::function<void()>& work) {
  std::string note;  // "<exit code> <message>", empty when all is well
  try {
    work();
  } catch (const core::Error& error) {
    note = fmt::format("{} {}", static_cast<int>(error.exit_code()), error.what());
  } catch (const std::exception& error) {
    note = fmt::format("{} {}", static_cast<int>(core::ExitCode::kInternal), error.what());
  }
  for (const std::string& from_rank : communicator.all_gather(note, "error check")) {
    if (from_rank.empty()) continue;
    const size_t space = from_rank.find(' ');
    throw AgreedError(static_cast<core::ExitCode>(std::stoi(from_rank.substr(0, space))),
                      from_rank.substr(space + 1));
  }
}

}  // namespace retrace::rl
