#include "model/tensor_names.h"

#include <fmt/format.h>

namespace retrace::model {
namespace {

constexpr std::string_view kNestedVision = "model.visual.",
                           kNestedLanguage = "model.language_model.";
constexpr std::string_view kVision = "visual.", kLanguage = "model.";

}  // namespace

std::string hub_name(std::string_view name) {
  if (name.starts_with(kNestedVision)) {
    return fmt::format("{}{}", kVision, name.substr(kNestedVision.size()));
  }
  if (name.starts_with(kNestedLanguage)) {
    return fmt::format("{}{}", kLanguage, name.substr(kNestedLanguage.size()));
  }
  return std::string(name);
}

std::string nested_name(std::string_view name) {
  if (name.starts_with(kNestedVision) || name.starts_with(kNestedLanguage)) {
    return std::string(name);
  }
  if (name.starts_with(kVision)) {
    return fmt::format("{}{}", kNestedVision, name.substr(kVision.size()));
  }
  if (name.starts_with(kLanguage)) {
    return fmt::format("{}{}", kNestedLanguage, name.substr(kLanguage.size()));
  }
  return std::string(name);
}

}  // namespace retrace::model
