#include "core/config_value.h"

#include "core/error.h"

namespace retrace::core {

ConfigTree to_tree(bool value) {
  return ConfigTree::plain(value ? "true" : "false");
}
ConfigTree to_tree(int64_t value) {
  return ConfigTree::plain(fmt::format("{}", value));
}
ConfigTree to_tree(uint64_t value) {
  return ConfigTree::plain(fmt::format("{}", value));
}
ConfigTree to_tree(double value) {
  RETRACE_CHECK(value == value, "a default may not be NaN: no recipe could write it");
  return ConfigTree::plain(format_double(value));
}
ConfigTree to_tree(const std::string& value) {
  return ConfigTree::quoted(value);
}

}  // namespace retrace::core
