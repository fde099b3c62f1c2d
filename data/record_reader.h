// One line of a question file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "data/jsonl_dataset.h"

namespace retrace::data {

// `place` is how messages name the record: "<file>:<line>". Throws DataError
// (data/jsonl_dataset.h).
Sample read_record(const DatasetOptions& options, int64_t index, const std::string& place,
                   std::string_view line);

}  // namespace retrace::data
