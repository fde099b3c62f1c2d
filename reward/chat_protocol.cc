#include "reward/chat_protocol.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace retrace::reward {
namespace {

using Json = nlohmann::ordered_json;

int64_t token_count(const Json& body, const char* key) {
  const auto usage = body.find("usage");
  if (usage == body.end() || !usage->is_object()) return 0;
  const auto count = usage->find(key);
  if (count == usage->end() || !count->is_number_integer()) return 0;
  return std::max<int64_t>(0, count->get<int64_t>());
}

std::optional<std::string> text_of(const Json& choice) {
  if (!choice.is_object()) return std::nullopt;
  const auto finish = choice.find("finish_reason");
  if (finish != choice.end() && *finish == "length") return std::nullopt;
  const auto message = choice.find("message");
  if (message == choice.end() || !message->is_object()) return std::nullopt;
  const auto content = message->find("content");
  if (content == message->end() || !content->is_string()) return std::nullopt;
  return content->get<std::string>();
}

}  // namespace

std::string chat_body(const ChatRequest& request) {
  Json body;
  body["model"] = request.model;
  body["messages"] = {{{"role", "user"}, {"content", request.prompt}}};
  body["temperature"] = 0;
  body["seed"] = request.seed;
  body["max_tokens"] = request.max_tokens;
  if (!request.reply_schema.empty()) {
    body["response_format"] = {{"type", "json_schema"},
                               {"json_schema",
                                {{"name", "route_verdict"},
                                 {"strict", true},
                                 {"schema", Json::parse(request.reply_schema)}}}};
  }
  return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<ChatReply> parse_chat_reply(std::string_view text) {
  const Json body = Json::parse(text, nullptr, /* allow_exceptions = */ false);
  if (!body.is_object()) return std::nullopt;
  const auto choices = body.find("choices");
  if (choices == body.end() || !choices->is_array() || choices->empty()) return std::nullopt;
  return ChatReply{text_of(choices->front()), token_count(body, "prompt_tokens"),
                   token_count(body, "completion_tokens")};
}

}  // namespace retrace::reward
