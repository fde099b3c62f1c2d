#include "rollout/types.h"
