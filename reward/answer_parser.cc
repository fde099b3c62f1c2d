#include "reward/answer_parser.h"
