#include "model/checkpoint_files.h"
