#include "reward/endpoint_url.h"

#include <curl/curl.h>

#include <algorithm>
#include <memory>

#include "reward/libcurl.h"

namespace retrace::reward {
namespace {

using Url = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

Url parse_url(const std::string& text) {
  start_libcurl();
  Url url(curl_url(), curl_url_cleanup);
  if (curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) url.reset();
  return url;
}

// "" if there is none.
std::string url_part(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return "";
  const std::unique_ptr<char, decltype(&curl_free)> owner(text, curl_free);
  return text;
}

}  // namespace

std::string check_url(const std::string& text) {
  const Url url = parse_url(text);
  if (!url) return "must be a URL such as https://host/v1/chat/completions";
  const std::string scheme = url_part(url.get(), CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") return "must begin with http:// or https://";
  const bool has_credentials = !url_part(url.get(), CURLUPART_USER).empty() ||
                               !url_part(url.get(), CURLUPART_PASSWORD).empty();
  if (has_credentials) return "must hold no user name or password; name a variable with key_env";
  std::string query = url_part(url.get(), CURLUPART_QUERY);
  std::transform(query.begin(), query.end(), query.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  for (const char* secret : {"key=", "token=", "secret=", "password=", "sig="}) {
    if (query.find(secret) != std::string::npos)
      return "must hold no key; name a variable with key_env";
  }
  return "";
}

bool is_local_url(const std::string& text) {
  const Url url = parse_url(text);
  if (!url) return false;
  const std::string host = url_part(url.get(), CURLUPART_HOST);
  return host == "localhost" || host == "[::1]" || host.starts_with("127.");
}

}  // namespace retrace::reward
