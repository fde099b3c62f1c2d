#include "model/chat_template.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/error.h"

namespace retrace::model {

namespace {

using core::DataError;
using core::throw_;

constexpr std::array kControlTokens = {kTurnStart, kTurnEnd,   kTextEnd,  kVisionStart,
                                       kVisionEnd, kVisionPad, kImagePad, kVideoPad};

std::string_view role_name(Role role) {
  switch (role) {
    case Role::kSystem:
      return "system";
    case Role::kUser:
      return "user";
    case Role::kAssistant:
      return "assistant";
  }
  return {};
}

// Text parts that follow each other are one text: a token may not hide on their border either.
void check_texts(const ChatMessage& message) {
  std::string run;
  for (const ChatPart& part : message.parts) {
    if (part.kind == ChatPart::Kind::kText) {
      run += part.text;
      continue;
    }
    require_plain(run, message.role);
    run.clear();
  }
  require_plain(run, message.role);
}

void check_vision(const ChatTemplate& chat, const ChatMessage& message) {
  const bool has_vision =
      std::any_of(message.parts.begin(), message.parts.end(),
                  [](const ChatPart& part) { return part.kind != ChatPart::Kind::kText; });
  if (!has_vision) return;
  if (chat.family == ModelFamily::kQwen2Text) {
    throw_<DataError>(
        "prompt: the {} message holds an image or video, but the model reads text only; use a "
        "vision-language checkpoint, or samples without images and videos",
        role_name(message.role));
  }
  if (chat.family == ModelFamily::kQwen3Vl && message.role != Role::kUser) {
    throw_<DataError>(
        "prompt: the {} message holds an image or video; Qwen3-VL reads them in user messages "
        "only, move it there",
        role_name(message.role));
  }
}

std::string render_message(const ChatMessage& message, const VisionText& vision) {
  std::string text = fmt::format("{}{}\n", kTurnStart, role_name(message.role));
  for (const ChatPart& part : message.parts) {
    switch (part.kind) {
      case ChatPart::Kind::kText:
        text += part.text;
        break;
      case ChatPart::Kind::kImage:
        text += vision(VisionKind::kImage);
        break;
      case ChatPart::Kind::kVideo:
        text += vision(VisionKind::kVideo);
        break;
    }
  }
  return text + fmt::format("{}\n", kTurnEnd);
}

}  // namespace

void require_plain(std::string_view text, Role role) {
  for (const std::string_view token : kControlTokens) {
    const size_t place = text.find(token);
    if (place == std::string_view::npos) continue;
    throw_<DataError>(
        "prompt: the {} text holds the control token '{}' at byte {}; expected plain text, remove "
        "it from the sample (images and videos are attached by their paths, not by placeholders)",
        role_name(role), token, place);
  }
}

ChatTemplate family_chat_template(ModelFamily family) {
  const bool has_default = family != ModelFamily::kQwen3Vl;
  return {family, has_default ? "You are a helpful assistant." : ""};
}

std::string one_placeholder(VisionKind kind) {
  return fmt::format("{}{}{}", kVisionStart, kind == VisionKind::kImage ? kImagePad : kVideoPad,
                     kVisionEnd);
}

std::string render_chat(const ChatTemplate& chat, std::span<const ChatMessage> messages,
                        bool add_generation_prompt, const VisionText& vision) {
  std::string text;
  const bool has_system = !messages.empty() && messages.front().role == Role::kSystem;
  if (!messages.empty() && !has_system && !chat.default_system.empty()) {
    text = fmt::format("{}system\n{}{}\n", kTurnStart, chat.default_system, kTurnEnd);
  }
  for (size_t i = 0; i < messages.size(); ++i) {
    if (i > 0 && messages[i].role == Role::kSystem) {
      throw_<DataError>("prompt: message {} is a system message; it must be the first", i);
    }
    check_texts(messages[i]);
    check_vision(chat, messages[i]);
    text += render_message(messages[i], vision);
  }
  if (add_generation_prompt) text += fmt::format("{}assistant\n", kTurnStart);
  return text;
}

}  // namespace retrace::model
