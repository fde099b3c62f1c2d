#include "rl/agreement.h"

#include <fmt/format.h>
namespace retrace::rl {

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
