#include "model/qwen_vl.h"
