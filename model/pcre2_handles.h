// PCRE2 for bytes, and owners of its objects. Included by model/*.cc only.
#pragma once

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <memory>

namespace retrace::model {

template <auto Free>
struct Pcre2Deleter {
  template <class T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};

using UniqueCode = std::unique_ptr<pcre2_code, Pcre2Deleter<pcre2_code_free>>;
using UniqueMatchData = std::unique_ptr<pcre2_match_data, Pcre2Deleter<pcre2_match_data_free>>;
using UniqueMatchContext =
    std::unique_ptr<pcre2_match_context, Pcre2Deleter<pcre2_match_context_free>>;

}  // namespace retrace::model
