#include "data/egost_repair.h"

#include <string>
#include <string_view>

namespace retrace::data {
namespace {

// As in the released files.
constexpr std::string_view kLandmarksPassed =
    "which landmarks (objects or scenery changes) did you pass by to reach";
constexpr std::string_view kActionsPerformed = "which actions did you perform to reach";

void replace_first(std::string& text, std::string_view part, std::string_view by) {
  if (const size_t at = text.find(part); at != std::string::npos) text.replace(at, part.size(), by);
}

void drop_repeated_sentence(std::string& question) {
  const size_t end = question.find('.');
  if (end == std::string::npos) return;
  const std::string first = question.substr(0, end + 1);
  const size_t next = question.find_first_not_of(' ', first.size());
  if (next != std::string::npos && question.compare(next, first.size(), first) == 0)
    question.erase(0, next);
}

void space_sentences(std::string& question) {
  for (size_t i = 1; i + 1 < question.size(); ++i) {
    const bool is_end = question[i] == '.' && question[i - 1] >= 'a' && question[i - 1] <= 'z';
    if (is_end && question[i + 1] >= 'A' && question[i + 1] <= 'Z') question.insert(i + 1, " ");
  }
}

}  // namespace

bool repair_question(Sample& sample) {
  std::string question = sample.question;
  if (question.empty()) return false;
  if (sample.task == Task::kAction && sample.direction == TravelDirection::kForward)
    replace_first(question, kLandmarksPassed, kActionsPerformed);
  drop_repeated_sentence(question);
  space_sentences(question);
  const size_t at = sample.problem.find(sample.question);
  if (question == sample.question || at == std::string::npos) return false;
  sample.problem.replace(at, sample.question.size(), question);
  sample.question = std::move(question);
  return true;
}

}  // namespace retrace::data
