#include "core/logging.h"
