#include "tools/egoworld/corpus.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "core/error.h"
#include "tools/egoworld/clip_questions.h"
#include "tools/egoworld/text_exercise.h"
#include "tools/egoworld/thought.h"
#include "tools/egoworld/weighted_choice.h"

namespace retrace::egoworld {
namespace {

ExerciseRecord headings_record(const Clip& clip) {
  const std::string headings = headings_text(clip);
  return {ExerciseKind::kHeadings, "Name the heading at every moment.", headings,
          video_name(clip.index), headings};
}

ExerciseRecord events_record(const Clip& clip) {
  const std::string events = events_text(clip.route);
  return {ExerciseKind::kEvents, "List each landmark and the turn taken there.", events,
          video_name(clip.index), events};
}

ExerciseRecord hands_record(const Clip& clip) {
  const std::string hands = hands_text(clip);
  return {ExerciseKind::kHands, "Name what the hands hold at every moment.", hands,
          video_name(clip.index), hands};
}

ExerciseRecord actions_record(const Clip& clip) {
  const std::string actions = actions_text(clip);
  return {ExerciseKind::kActions, "List each action.", actions, video_name(clip.index), actions};
}

// Which of `available` things make `count` records: a random choice without repetition.
std::vector<int64_t> choose(int64_t count, int64_t available, ExerciseKind kind,
                            const WorldOptions& world) {
  std::vector<int64_t> chosen(available);
  for (int64_t i = 0; i < available; ++i) chosen[i] = i;
  core::RandomSequence random(core::RandomStream(world.seed, "egoworld/corpus/choice")
                                  .substream(static_cast<uint64_t>(kind)));
  random.shuffle(chosen);
  chosen.resize(count);
  return chosen;
}

constexpr int64_t kMaxTextRecords = 10'000'000;  // of one kind; they are held in memory

// How many records of a kind `num_clips` clips give.
int64_t available_records(ExerciseKind kind, const WorldOptions& world, int64_t num_clips) {
  switch (kind) {
    case ExerciseKind::kHeadings:
    case ExerciseKind::kEvents:
      return num_clips;
    case ExerciseKind::kCheck:
    case ExerciseKind::kInvert:
    case ExerciseKind::kActionCheck:
    case ExerciseKind::kActionInvert:
    case ExerciseKind::kRouteInvert:
    case ExerciseKind::kRouteTell:
      return kMaxTextRecords;
    case ExerciseKind::kQuestion:
      return num_clips * questions_per_clip(world);
    case ExerciseKind::kHands:
    case ExerciseKind::kActions:
      return has_actions(world) ? num_clips : 0;
  }
  return 0;
}

}  // namespace

std::string_view to_string(ExerciseKind kind) {
  switch (kind) {
    case ExerciseKind::kHeadings:
      return "headings";
    case ExerciseKind::kEvents:
      return "events";
    case ExerciseKind::kCheck:
      return "check";
    case ExerciseKind::kInvert:
      return "invert";
    case ExerciseKind::kQuestion:
      return "question";
    case ExerciseKind::kHands:
      return "hands";
    case ExerciseKind::kActions:
      return "actions";
    case ExerciseKind::kActionCheck:
      return "action_check";
    case ExerciseKind::kActionInvert:
      return "action_invert";
    case ExerciseKind::kRouteInvert:
      return "route_invert";
    case ExerciseKind::kRouteTell:
      return "route_tell";
  }
  core::throw_<core::InternalError>("exercise kind {}: not a kind", static_cast<int>(kind));
}

std::array<int64_t, kNumExerciseKinds> parse_corpus_counts(std::string_view text,
                                                           std::string_view option) {
  std::array<int64_t, kNumExerciseKinds> counts{};
  for (const NamedWeight& entry : parse_named_weights(text, option)) {
    int kind = 0;
    while (kind < kNumExerciseKinds && to_string(static_cast<ExerciseKind>(kind)) != entry.name)
      ++kind;
    if (kind == kNumExerciseKinds) {
      core::throw_<core::ConfigError>(
          "{}: unknown kind '{}'; there are: headings, events, check, invert, question, hands, "
          "actions, action_check, action_invert, route_invert, route_tell",
          option, entry.name);
    }
    counts[kind] = static_cast<int64_t>(std::min(entry.weight, 1e12));
    if (static_cast<double>(counts[kind]) != entry.weight) {
      core::throw_<core::ConfigError>("{}: '{}' must be a whole number of records, is {}", option,
                                      entry.name, entry.weight);
    }
  }
  return counts;
}

std::string headings_text(const Clip& clip) {
  const std::vector<int64_t> frames = transcript_frames(static_cast<int64_t>(clip.poses.size()));
  std::string text;
  for (size_t i = 0; i + 1 < frames.size(); i += 2) {
    const double middle = 0.5 * static_cast<double>(frames[i] + frames[i + 1]);
    text += fmt::format("{}{}", i == 0 ? "" : " ",
                        to_string(nearest_heading(heading_at(clip.poses, middle))));
  }
  return text;
}

std::string events_text(const Route& route) {
  std::string text;
  for (int64_t i = 0; i < route.num_junctions(); ++i) {
    text += fmt::format("{}{} {}", i == 0 ? "" : ", ", to_string(route.landmarks[i]),
                        to_string(route.turns[i]));
  }
  return text + ".";
}

std::string hands_text(const Clip& clip) {
  const std::vector<int64_t> frames = transcript_frames(static_cast<int64_t>(clip.poses.size()));
  std::string text;
  for (size_t i = 0; i + 1 < frames.size(); i += 2) {
    const int64_t twice_middle = frames[i] + frames[i + 1];
    std::string_view held = "no";
    for (const TimedAction& timed : clip.actions) {
      if (twice_middle >= 2 * timed.first_frame && twice_middle < 2 * timed.end_frame)
        held = to_string(timed.action.object);
    }
    text += fmt::format("{}{}", i == 0 ? "" : " ", held);
  }
  return text;
}

std::string actions_text(const Clip& clip) {
  return joined(words(actions_of(clip.actions))) + ".";
}

ExerciseRecord question_record(const WorldOptions& world, int64_t clip, int64_t question_index,
                               const std::vector<double>& thought_weights) {
  const Question question = make_clip_questions(world, clip)[question_index];
  core::RandomSequence random(
      core::RandomStream(world.seed, "egoworld/thought").substream(clip).substream(question_index));
  const auto style = static_cast<ThoughtStyle>(draw_weighted(thought_weights, random));
  return {ExerciseKind::kQuestion, problem_text(question),
          solution_text(thought_text(question, style), answer_text(question)), video_name(clip),
          answer_text(question)};
}

void check_corpus_counts(const WorldOptions& world, const CorpusOptions& options,
                         int64_t num_clips) {
  for (int i = 0; i < kNumExerciseKinds; ++i) {
    const auto kind = static_cast<ExerciseKind>(i);
    const int64_t available = available_records(kind, world, num_clips);
    if (options.counts[i] <= available) continue;
    core::throw_<core::ConfigError>(
        "corpus: {} records of kind '{}' asked for, {} clips give at most {}; {}",
        options.counts[i], to_string(kind), num_clips, available,
        available > 0 ? "ask for fewer or render more clips"
                      : "none of the questions in --tasks has such exercises");
  }
}

std::vector<ExerciseRecord> make_corpus(const WorldOptions& world, int64_t num_clips,
                                        const CorpusOptions& options) {
  check_corpus_counts(world, options, num_clips);
  const auto count = [&](ExerciseKind kind) { return options.counts[static_cast<size_t>(kind)]; };
  const auto chosen = [&](ExerciseKind kind) {
    return choose(count(kind), available_records(kind, world, num_clips), kind, world);
  };
  const int64_t per_clip = questions_per_clip(world);
  std::vector<ExerciseRecord> records;
  for (const int64_t clip : chosen(ExerciseKind::kHeadings))
    records.push_back(headings_record(make_clip(world, clip)));
  for (const int64_t clip : chosen(ExerciseKind::kEvents))
    records.push_back(events_record(make_clip(world, clip)));
  for (const int64_t item : chosen(ExerciseKind::kQuestion)) {
    records.push_back(
        question_record(world, item / per_clip, item % per_clip, options.thought_weights));
  }
  for (const int64_t clip : chosen(ExerciseKind::kHands))
    records.push_back(hands_record(make_clip(world, clip)));
  for (const int64_t clip : chosen(ExerciseKind::kActions))
    records.push_back(actions_record(make_clip(world, clip)));
  for (const ExerciseKind kind : kTextKinds) {
    for (int64_t i = 0; i < count(kind); ++i)
      records.push_back(text_exercise(kind, world, i, options.check_weights));
  }
  core::RandomSequence random(core::RandomStream(world.seed, "egoworld/corpus/order"));
  random.shuffle(records);
  return records;
}

}  // namespace retrace::egoworld
