#include "reward/builtin_rewards.h"
