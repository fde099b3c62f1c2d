// The address of a server that is sent a key.
#pragma once

#include <string>

namespace retrace::reward {

// What is wrong with `url` for a request with a token, as a sentence for people; empty: nothing. It
// must be http or https and hold no credentials.
std::string check_url(const std::string& url);

// Whether the text would go to this very machine.
bool is_local_url(const std::string& url);

}  // namespace retrace::reward
