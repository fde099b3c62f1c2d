#include "distributed/fake_communicator.h"
