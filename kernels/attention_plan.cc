#include "kernels/attention_plan.h"
