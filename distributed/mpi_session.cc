#include <mpi.h>

#include <cstdio>
#include <cstdlib>
#include <exception>

#include "core/error.h"
#include "distributed/mpi_communicator.h"

namespace retrace::distributed {
namespace {

bool is_live() {
  int is_initialized = 0, is_finalized = 0;
  MPI_Initialized(&is_initialized);
  MPI_Finalized(&is_finalized);
  return is_initialized != 0 && is_finalized == 0;
}

}  // namespace

MpiSession::MpiSession(int* argc, char*** argv) {
  int is_initialized = 0;
  MPI_Initialized(&is_initialized);
  RETRACE_CHECK(is_initialized == 0, "a process can have one MpiSession only");
  int provided = MPI_THREAD_SINGLE;
  const int code = MPI_Init_thread(argc, argv, MPI_THREAD_SERIALIZED, &provided);
  if (code != MPI_SUCCESS || provided < MPI_THREAD_SERIALIZED) {
    core::throw_<core::DistributedError>(
        "MPI start: expected thread level {} (serialized), found {} (code {}); use an MPI built "
        "with thread support",
        static_cast<int>(MPI_THREAD_SERIALIZED), provided, code);
  }
  MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
}

MpiSession::~MpiSession() {
  // MPI_Finalize waits for all ranks: a rank that fails must not wait for those that still compute.
  if (std::uncaught_exceptions() == 0 && is_live()) MPI_Finalize();
}

void MpiSession::abort_all(int exit_code) {
  std::fflush(nullptr);
  if (is_live()) MPI_Abort(MPI_COMM_WORLD, exit_code);
  std::_Exit(exit_code);
}

int MpiSession::world_rank() {
  RETRACE_CHECK(is_live(), "needs a live MpiSession");
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  return rank;
}

int MpiSession::world_size() {
  RETRACE_CHECK(is_live(), "needs a live MpiSession");
  int size = 1;
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  return size;
}

}  // namespace retrace::distributed
