// One HTTP request by libcurl, with a deadline.
#pragma once

#include <chrono>
#include <functional>
#include <string>

namespace retrace::reward {

struct HttpRequest {
  std::string url, body;     // POST, application/json
  std::string bearer_token;  // goes into the Authorization header only; empty: none
  std::chrono::milliseconds deadline{30000};  // of all of it: resolving, connecting, the reply
};

struct HttpReply {
  int status = 0;     // HTTP status; 0: there was no whole reply
  std::string body;   // of status 2xx only
  std::string error;  // what went wrong when status is 0; never holds request or reply texts
  double retry_after_s = -1;  // Retry-After of the reply, in seconds from now; -1: none
};

// Never throws for anything that network or server do. Redirects are not followed, so that the
// token reaches the named host only; replies above 1 MiB are refused. Returns early, within a
// second, once `should_stop` says so. Thread-safe.
HttpReply http_post(const HttpRequest& request, const std::function<bool()>& should_stop);

}  // namespace retrace::reward
