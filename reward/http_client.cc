#include "reward/http_client.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>

#include "core/error.h"
#include "reward/libcurl.h"

namespace retrace::reward {
namespace {

constexpr size_t kMaxReplyBytes = 1 << 20;
constexpr long kMaxRetryAfterSeconds = 24 * 3600;

using Handle = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
using HeaderList = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

size_t append_body(char* data, size_t size, size_t count, void* target) {
  auto& body = *static_cast<std::string*>(target);
  const size_t num_bytes = size * count;
  if (body.size() + num_bytes > kMaxReplyBytes) return 0;  // ends the transfer
  body.append(data, num_bytes);
  return num_bytes;
}

int on_progress(void* stop, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  const auto& should_stop = *static_cast<const std::function<bool()>*>(stop);
  return should_stop && should_stop() ? 1 : 0;
}

void add_header(HeaderList& headers, const std::string& line) {
  curl_slist* const longer = curl_slist_append(headers.get(), line.c_str());
  RETRACE_CHECK(longer != nullptr, "no memory for a header");
  static_cast<void>(headers.release());
  headers.reset(longer);
}

HeaderList make_headers(const HttpRequest& request) {
  HeaderList headers(nullptr, curl_slist_free_all);
  add_header(headers, "Content-Type: application/json");
  add_header(headers, "Accept: application/json");
  add_header(headers, "Expect:");  // no round trip before the body
  if (!request.bearer_token.empty())
    add_header(headers, "Authorization: Bearer " + request.bearer_token);
  return headers;
}

void set_up(CURL* curl, const HttpRequest& request, curl_slist* headers,
            const std::function<bool()>& should_stop, std::string& body) {
  curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(curl, CURLOPT_POST, 1L);
  curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.data());
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(request.deadline.count()));
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.deadline.count()));
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);  // threads
  curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "");
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, append_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, const_cast<std::function<bool()>*>(&should_stop));
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "retrace");
}

// Seconds, or a date that curl turns into seconds from now; 0 means there is none.
double retry_after(CURL* curl) {
  curl_off_t seconds = 0;
  if (curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &seconds) != CURLE_OK || seconds <= 0)
    return -1;
  return static_cast<double>(std::min<curl_off_t>(seconds, kMaxRetryAfterSeconds));
}

}  // namespace

HttpReply http_post(const HttpRequest& request, const std::function<bool()>& should_stop) {
  start_libcurl();
  HttpReply reply;
  if (request.deadline.count() <= 0) {
    reply.error = "no time left";
    return reply;
  }
  const Handle curl(curl_easy_init(), curl_easy_cleanup);
  RETRACE_CHECK(curl != nullptr, "libcurl gives no handle");
  const HeaderList headers = make_headers(request);
  set_up(curl.get(), request, headers.get(), should_stop, reply.body);
  const CURLcode code = curl_easy_perform(curl.get());
  if (code != CURLE_OK) {
    reply.body.clear();
    reply.error = code == CURLE_ABORTED_BY_CALLBACK ? "interrupted" : curl_easy_strerror(code);
    return reply;
  }
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  reply.status = static_cast<int>(status);
  reply.retry_after_s = retry_after(curl.get());
  if (status < 200 || status >= 300) reply.body.clear();
  return reply;
}

}  // namespace retrace::reward
