#include "core/config_node.h"
