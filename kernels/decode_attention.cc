#include "kernels/decode_attention.h"
