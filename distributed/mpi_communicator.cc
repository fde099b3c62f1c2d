#include "distributed/mpi_communicator.h"
