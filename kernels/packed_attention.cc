#include "kernels/packed_attention.h"
