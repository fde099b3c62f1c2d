#include "kernels/token_logprob.h"
