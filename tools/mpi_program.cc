#include "tools/mpi_program.h"

#include "core/error.h"
#include "core/interrupt.h"
#include "core/logging.h"
#include "core/resources.h"
#include "distributed/mpi_communicator.h"
#include "rl/agreement.h"

namespace retrace::tools {

int run_mpi_program(int argc, char** argv, const std::function<int(int, char**)>& program) {
  distributed::MpiSession session(&argc, &argv);
  const int rank = distributed::MpiSession::world_rank();
  core::init_logging(
      {.rank = rank, .world_size = distributed::MpiSession::world_size(), .file = {}});
  core::install_interrupt_handlers();
  core::keep_freed_memory();
  try {
    return program(argc, argv);
  } catch (const rl::AgreedError& error) {
    if (rank == 0) core::log_error("{}", error.what());
    return static_cast<int>(error.exit_code());
  } catch (const core::Error& error) {
    core::log_error("{}", error.what());
    distributed::MpiSession::abort_all(static_cast<int>(error.exit_code()));
  } catch (const std::exception& error) {
    core::log_error("internal error: {}", error.what());
    distributed::MpiSession::abort_all(static_cast<int>(core::ExitCode::kInternal));
  }
}

}  // namespace retrace::tools
