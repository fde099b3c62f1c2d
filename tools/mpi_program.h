// How a program ends that runs under mpirun: all its ranks leave in order, or all are ended.
#pragma once

#include <functional>

namespace retrace::tools {

// Starts MPI, logging and the interrupt handlers, and returns what `program` returns on this rank.
// An rl::AgreedError is logged by rank 0 and becomes the exit code of every rank. Any other error
// is logged by the rank that threw it, which ends all of them.
int run_mpi_program(int argc, char** argv, const std::function<int(int, char**)>& program);

}  // namespace retrace::tools
