// The lines of the JSON-lines files that EgoWorld writes. None ends in a newline.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "tools/egoworld/clip.h"
#include "tools/egoworld/corpus.h"

namespace retrace::egoworld {

// One line of qa.jsonl for each of the clip's questions: problem, solution, video,
// original_question, original_answer, task, direction, clip; in worlds with streets also source
// ("indoor" or "outdoor"), which st_eval's tables by source go by.
std::vector<std::string> question_lines(const WorldOptions& world, const Clip& clip,
                                        const std::vector<double>& thought_weights);

// The clip's line of ground_truth.jsonl: the route as a graph, turns and landmarks in both
// directions, a pose per frame, where the landmarks stand and where in the picture they are seen;
// outdoor clips name their theme, and clips with actions list them with their frames (half-open).
// Metres and radians with 4 decimals.
std::string ground_truth_line(const WorldOptions& world, const Clip& clip,
                              const std::vector<VisibleBox>& boxes);

// One line of corpus.jsonl: the five text fields of a question, then kind.
std::string corpus_line(const ExerciseRecord& record);

}  // namespace retrace::egoworld
