#include "model/vision_preprocess.h"
