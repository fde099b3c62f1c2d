#include "data/frame_cache.h"
