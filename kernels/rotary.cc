#include "kernels/rotary.h"
