// The chat template of the Qwen families, as code: no Jinja is run.
//
//   <|im_start|>system\n{system}<|im_end|>\n      left out if there is none, not even a default
//   <|im_start|>{role}\n{parts}<|im_end|>\n       one a message; parts one after the other
//   <|im_start|>assistant\n                       the generation prompt
//
// An image part is <|vision_start|><|image_pad|><|vision_end|>, a video part the same with
// <|video_pad|>. Source: the chat_template of the published checkpoints.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/vision_item.h"

namespace retrace::model {

inline constexpr std::string_view kTurnStart = "<|im_start|>";
inline constexpr std::string_view kTurnEnd = "<|im_end|>";
inline constexpr std::string_view kTextEnd = "<|endoftext|>";
inline constexpr std::string_view kVisionStart = "<|vision_start|>";
inline constexpr std::string_view kVisionEnd = "<|vision_end|>";
inline constexpr std::string_view kVisionPad = "<|vision_pad|>";
inline constexpr std::string_view kImagePad = "<|image_pad|>";
inline constexpr std::string_view kVideoPad = "<|video_pad|>";

enum class Role { kSystem, kUser, kAssistant };

struct ChatPart {
  enum class Kind { kText, kImage, kVideo };
  Kind kind = Kind::kText;
  std::string text;  // of kText
};

struct ChatMessage {
  Role role = Role::kUser;
  std::vector<ChatPart> parts;
};

// Throws DataError if `text` holds a control token of the chat or of vision: data must never end a
// turn or pass for a placeholder.
void require_plain(std::string_view text, Role role);

struct ChatTemplate {
  ModelFamily family = ModelFamily::kQwen2Vl;
  std::string default_system;  // for a chat without a system message; empty: none is added
};

// What the family's published checkpoints say: "You are a helpful assistant." for Qwen2-VL,
// Qwen2.5-VL and Qwen2, nothing for Qwen3-VL.
ChatTemplate family_chat_template(ModelFamily family);

// The same with the default system message of the checkpoint's own template
// (chat_template.jinja, chat_template.json or tokenizer_config.json, in this order), where it names
// one: text-only Qwen2.5 has another than Qwen2. Logs a warning, naming what to check, if that
// template writes something this code does not, or if it has a default message that cannot be told
// (then there is none here). Throws CheckpointError for unreadable JSON.
ChatTemplate read_chat_template(const std::filesystem::path& folder, ModelFamily family);

// A part of the text that templates differ in: "" if `jinja` writes nothing but what render_chat
// writes (text about tools apart), else the first foreign piece.
std::string foreign_template_text(std::string_view jinja);

// The system message in `jinja` for chats without one, written out or kept in a variable; "" if
// there is none. Nothing if only running the template would tell: a computed text, or several.
std::optional<std::string> default_system_of(std::string_view jinja);

// Text of an image or video part; by default one placeholder.
using VisionText = std::function<std::string(VisionKind)>;
std::string one_placeholder(VisionKind kind);

// Throws DataError if a text holds a control token of the chat or of vision, which could pass for
// a turn or a placeholder; if a system message is not the first; or if an image or video stands
// where the family's template drops it (Qwen3-VL: outside user messages; Qwen2: anywhere).
std::string render_chat(const ChatTemplate& chat, std::span<const ChatMessage> messages,
                        bool add_generation_prompt = true,
                        const VisionText& vision = one_placeholder);

}  // namespace retrace::model
