#include "model/chat_template.h"

#include "core/error.h"
#include "tests/model/test_files.h"

namespace retrace::model {
namespace {

using Kind = ChatPart::Kind;

std::vector<ChatMessage> say(const std::string& text) {
  return {{Role::kUser, {{Kind::kText, text}}}};
}

TEST(ChatTemplate, DefaultsDifferByFamily) {
  const std::string user = "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n";
  const std::string system = "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n";
  for (const ModelFamily family :
       {ModelFamily::kQwen2Vl, ModelFamily::kQwen25Vl, ModelFamily::kQwen2Text})
    EXPECT_EQ(render_chat(family_chat_template(family), say("hi")), system + user);
  EXPECT_EQ(render_chat(family_chat_template(ModelFamily::kQwen3Vl), say("hi")), user);
}

TEST(ChatTemplate, TheDefaultSystemMessageIsTheCheckpoints) {
  const TemporaryFolder folder;
  EXPECT_EQ(read_chat_template(folder.path(), ModelFamily::kQwen2Text).default_system,
            "You are a helpful assistant.");
  // As text-only Qwen2.5 has it, beside a branch about tools.
  write_text(
      folder / "tokenizer_config.json",
      R"({"chat_template": "{%- if tools %}{{- '<|im_start|>system\\n' }}{{- 'Tools!' }})"
      R"({%- else %}{{- '<|im_start|>system\\nYou are Somebody.<|im_end|>\\n' }}{%- endif %})"
      R"({{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' }}"})");
  EXPECT_EQ(read_chat_template(folder.path(), ModelFamily::kQwen2Text).default_system,
            "You are Somebody.");
  // A file of its own goes before it, and may have no default.
  write_text(folder / "chat_template.jinja", "{{ '<|im_start|>' }}{{ '<|im_end|>' }}");
  EXPECT_EQ(read_chat_template(folder.path(), ModelFamily::kQwen2Text).default_system, "");
  EXPECT_EQ(read_chat_template(tiny_folder(), ModelFamily::kQwen2Vl).default_system,
            "You are a helpful assistant.");
}

TEST(ChatTemplate, ADefaultSystemMessageMayHoldBracesAndQuotes) {
  // As Qwen2.5-Math has it.
  EXPECT_EQ(default_system_of("{%- if tools %}{{- '<|im_start|>system\\nTools!<|im_end|>\\n' }}"
                              "{%- else %}{{- '<|im_start|>system\\nPlease reason, and put it "
                              "within \\\\boxed{}.<|im_end|>\\n' }}{%- endif %}"),
            "Please reason, and put it within \\boxed{}.");
  EXPECT_EQ(default_system_of("{{ '<|im_start|>system\\nDon\\'t say \"no\".<|im_end|>\\n' }}"),
            "Don't say \"no\".");
  EXPECT_EQ(default_system_of("{% if x %}<|im_start|>system\nIt's in {braces}.<|im_end|>\n"),
            "It's in {braces}.");
  // One text: the start of the turn alone is no message, whatever follows it.
  EXPECT_EQ(default_system_of("{{ '<|im_start|>system\\n' }}{{ messages[0].content }}"
                              "{{ '<|im_end|>\\n' }}"),
            "");
}

TEST(ChatTemplate, ADefaultSystemMessageMayBeInAVariable) {
  // As LLaMA-Factory exports it.
  const std::string set = "{% set system_message = 'You\\'re a helper.' %}";
  const std::string of_chat =
      "{% if messages[0]['role'] == 'system' %}{% set system_message = messages[0]['content'] %}"
      "{% endif %}";
  const std::string use =
      "{% if system_message is defined %}{{ '<|im_start|>system\n' + system_message + "
      "'<|im_end|>\n' }}{% endif %}";
  EXPECT_EQ(default_system_of(set + of_chat + use), "You're a helper.");
  EXPECT_EQ(foreign_template_text(set + of_chat + use), "");
  EXPECT_EQ(default_system_of(of_chat + use), "");
  EXPECT_EQ(default_system_of("{% set system_message = '' %}" + of_chat + use), "");
  EXPECT_EQ(default_system_of(set + "<|im_start|>system\n{{ system_message }}<|im_end|>\n"),
            "You're a helper.");
  EXPECT_EQ(default_system_of("{%- set system_message = messages[0].content if messages[0].role == "
                              "'system' else \"Be.\" -%}" +
                              use),
            "Be.");
  EXPECT_EQ(default_system_of(set + "{{ '<|im_start|>user\n' + system_message }}"), "");
}

TEST(ChatTemplate, ADefaultSystemMessageThatCannotBeToldIsNoneAtAll) {
  const std::string use = "{{ '<|im_start|>system\n' + text + '<|im_end|>\n' }}";
  EXPECT_EQ(default_system_of("{% set text = 'It is ' + day %}" + use), std::nullopt);
  EXPECT_EQ(
      default_system_of("{% set text = 'a' %}{% if x %}{% set text = 'b' %}{% endif %}" + use),
      std::nullopt);
  EXPECT_EQ(default_system_of("{% set text = 'a' %}{{ '<|im_start|>system\n' + text | upper }}"),
            std::nullopt);
  const TemporaryFolder folder;
  write_text(folder / "chat_template.jinja", "{% set text = 'It is ' + day %}" + use);
  EXPECT_EQ(read_chat_template(folder.path(), ModelFamily::kQwen2Text).default_system, "");
}

TEST(ChatTemplate, ATemplateBehindADanglingLinkIsAnErrorAndNotTheDefault) {
  const TemporaryFolder folder;
  std::filesystem::create_symlink("nowhere", folder / "chat_template.jinja");
  EXPECT_ERROR(read_chat_template(folder.path(), ModelFamily::kQwen2Text), core::CheckpointError,
               "chat_template.jinja: cannot be read");
}

TEST(ChatTemplate, NamedTemplatesAreReadByName) {
  const TemporaryFolder folder;
  write_text(folder / "tokenizer_config.json",
             R"({"chat_template": [{"name": "tool_use", "template": "x"}, )"
             R"({"name": "default", "template": "<|im_start|>system\nBe.<|im_end|>\n"}]})");
  EXPECT_EQ(read_chat_template(folder.path(), ModelFamily::kQwen2Text).default_system, "Be.");
  write_text(folder / "tokenizer_config.json", R"({"chat_template": 7})");
  EXPECT_ERROR(read_chat_template(folder.path(), ModelFamily::kQwen2Text), core::CheckpointError,
               "chat_template");
}

TEST(ChatTemplate, TextOfItsOwnIsFound) {
  const nlohmann::json tiny = read_json(tiny_folder() / "chat_template.json");
  EXPECT_EQ(foreign_template_text(tiny.at("chat_template").get<std::string>()), "");
  const std::string head =
      "{{- '<|im_start|>' + message['role'] + '\\n' }}{{ content }}<|im_end|>\n";
  EXPECT_EQ(foreign_template_text(head), "");
  EXPECT_EQ(foreign_template_text(head + "{{- '<|im_start|>assistant\\n<think>\\n' }}"), "<think>");
  EXPECT_EQ(foreign_template_text("Human: {{ text }}"), "Human:");
  // Branches about tools and numbered images, comments, keys and arguments are not about our
  // prompts.
  EXPECT_EQ(foreign_template_text("{%- if tools %}{{ 'Use them' }}{% if x %}Yes{% endif %}"
                                  "{%- endif %}{# a note #}{{ m['content'] | trim('ab') }}"
                                  "{% if add_vision_id %}Picture {{ n }}: {% endif %}"),
            "");
  EXPECT_EQ(foreign_template_text("{% if tools %}a{% else %}{{ \"it's\" }}{% endif %}"), "it's");
  // Cut off anywhere, it still ends.
  for (const char* text : {"{", "{{", "{{ 'a", "{% if", "{{ 'a\\", "{#", "{% set a", "{% set a = '",
                           "{{ '<|im_start|>system\n", "{{ '<|im_start|>system\n' +"})
    foreign_template_text(text);
}

TEST(ChatTemplate, SystemMessagesComeFirst) {
  const ChatTemplate chat = family_chat_template(ModelFamily::kQwen2Vl);
  std::vector<ChatMessage> messages = say("a");
  messages.push_back({Role::kSystem, {{Kind::kText, "b"}}});
  EXPECT_ERROR(render_chat(chat, messages), core::DataError, "message 1 is a system message");
}

TEST(ChatTemplate, ImagesStandWhereTheTemplateReadsThem) {
  const std::vector<ChatMessage> in_system = {{Role::kSystem, {{Kind::kImage, ""}}}};
  EXPECT_NO_THROW(render_chat(family_chat_template(ModelFamily::kQwen2Vl), in_system));
  EXPECT_ERROR(render_chat(family_chat_template(ModelFamily::kQwen3Vl), in_system), core::DataError,
               "user messages only");
  const std::vector<ChatMessage> in_user = {{Role::kUser, {{Kind::kVideo, ""}}}};
  EXPECT_ERROR(render_chat(family_chat_template(ModelFamily::kQwen2Text), in_user), core::DataError,
               "reads text only");
}

}  // namespace
}  // namespace retrace::model
