#include "data/frame_sampler.h"
