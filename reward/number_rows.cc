#include "reward/number_rows.h"

#include "reward/number_parser.h"
#include "reward/plain_text.h"

namespace retrace::reward {
namespace {

// Recursive descent over what is left of the text; every function returns false at the first fault.
class RowParser {
 public:
  explicit RowParser(std::string_view text) : rest_(trim(text)) {}

  bool parse(std::vector<NumberRow>& rows) {
    if (rest_.empty()) return false;
    if (!is_open(rest_[0])) return parse_numbers(rows.emplace_back()) && rest_.empty();
    if (opens_rows()) {
      const char close = take_open();
      return parse_rows(rows) && take(close) && rest_.empty();
    }
    if (!parse_rows(rows) || !rest_.empty()) return false;
    if (rows.size() == 1 && rows[0].empty()) rows.clear();  // "[]"
    return true;
  }

 private:
  static bool is_open(char c) { return c == '[' || c == '('; }

  bool opens_rows() const {
    const std::string_view inside = trim(rest_.substr(1));
    return !inside.empty() && is_open(inside[0]);
  }

  void skip(size_t count) { rest_ = trim(rest_.substr(count)); }

  // Takes an opening bracket and returns the one that closes it.
  char take_open() {
    const char close = rest_[0] == '[' ? ']' : ')';
    skip(1);
    return close;
  }

  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    skip(1);
    return true;
  }

  bool parse_rows(std::vector<NumberRow>& rows) {
    do {
      if (rest_.empty() || !is_open(rest_[0])) return false;
      const char close = take_open();
      NumberRow& row = rows.emplace_back();
      if (rest_.starts_with(close)) {
        if (++count_ > kMaxNumbers) return false;
      } else if (!parse_numbers(row)) {
        return false;
      }
      if (!take(close)) return false;
    } while (take(','));
    return true;
  }

  bool parse_numbers(NumberRow& row) {
    do {
      const std::optional<double> number = take_number(rest_);
      if (!number || ++count_ > kMaxNumbers) return false;
      row.push_back(*number);
      skip(0);
    } while (take(','));
    return true;
  }

  std::string_view rest_;
  size_t count_ = 0;
};

}  // namespace

std::optional<std::vector<NumberRow>> parse_number_rows(std::string_view text) {
  std::vector<NumberRow> rows;
  if (!RowParser(text).parse(rows)) return std::nullopt;
  return rows;
}

}  // namespace retrace::reward
