#include "data/jsonl_dataset.h"
