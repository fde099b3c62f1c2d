#include "data/video_writer.h"
