#include "core/interrupt.h"
