#include "data/sample.h"
