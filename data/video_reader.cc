#include "data/video_reader.h"
