// Multiple-choice questions made harder to answer without the video.
//
// In released questions the right option was written by a person and the others by a language
// model, with other punctuation, other words and another number of them: a reader without the video
// gets most of them right (text_reader.h).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/sample.h"

namespace retrace::data {

enum class Distractors {
  kKeep,     // the question's own, as many as there are
  kFill,     // the question's own and, up to num_options, right answers of other questions
  kReplace,  // right answers of other questions only
};

struct HardeningOptions {
  Distractors distractors = Distractors::kFill;
  int64_t num_options = 4;  // 2 to 26; kKeep ignores it
  uint64_t seed = 0;
};

// What was done, in options unless the name says questions.
struct HardeningCounts {
  int64_t num_questions = 0;        // multiple-choice questions read
  int64_t num_open_questions = 0;   // passed through as they were
  int64_t num_normalised = 0;       // written differently now
  int64_t num_doubles = 0;          // removed: the same words as another option, or none
  int64_t num_removed = 0;          // removed: replaced, or more than num_options
  int64_t num_added = 0;            // right answers of other questions
  int64_t num_added_elsewhere = 0;  // of these from another source, for want of enough in the own
  int64_t num_block_questions = 0;  // kReplace: questions in complete blocks, see harden()
  int64_t num_moved_answers = 0;    // questions whose letter changed
};

struct HardenedQuestions {
  std::vector<Sample> samples;  // as many and in the same order
  HardeningCounts counts;
};

// Options are normalised (normalised_option), all different in words, and in random order; problem,
// options, solution and answer agree afterwards, the texts of right answers stay. "A, B, C or D"
// behind the options becomes the letters there are. In a solution,
// the letter changes inside <answer></answer> and after "answer is ": a solution that discusses
// options by letter has to be written anew first.
//
// Added options answer questions of the same task and direction about other videos: of the same
// source where it has enough of them, nearest in length first. kReplace deals questions, sorted by
// length, into blocks of num_options that have each other's right answers as options. In a block
// each option is right exactly once, so no rule that goes by options alone beats chance there;
// questions left over get the nearest as in kFill. A block must not be split over training and
// test: whoever knows the other answers knows the last.
//
// Pure in (samples, options). Throws ConfigError for num_options out of range, DataError for an
// answer that is no option's letter, a solution that names other letters, a problem whose options
// are not `options` (see split_problem), and where there are not enough different answers to add.
HardenedQuestions harden(const std::vector<Sample>& samples, const HardeningOptions& options);

}  // namespace retrace::data
