// Requests and replies of an OpenAI-compatible endpoint for chat completions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace retrace::reward {

struct ChatRequest {
  std::string model, prompt;
  int64_t seed = 0;
  int64_t max_tokens = 0;
  std::string reply_schema;  // JSON schema the reply must follow; empty: not asked for
};

// The JSON body: one user message, temperature 0.
std::string chat_body(const ChatRequest& request);

struct ChatReply {
  std::optional<std::string> text;  // of the first choice; nullopt: none, or cut at max_tokens
  int64_t prompt_tokens = 0, completion_tokens = 0;  // as the server counts them; 0 if it does not
};

// nullopt for a body that is no such reply: no whole JSON object, or no choices.
std::optional<ChatReply> parse_chat_reply(std::string_view body);

}  // namespace retrace::reward
