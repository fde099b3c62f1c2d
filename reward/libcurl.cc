#include "reward/libcurl.h"

#include <curl/curl.h>

#include <mutex>

#include "core/error.h"

namespace retrace::reward {

void start_libcurl() {
  static std::once_flag once;
  std::call_once(once, [] {
    RETRACE_CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK, "libcurl does not start");
  });
}

}  // namespace retrace::reward
