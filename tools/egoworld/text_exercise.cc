#include "tools/egoworld/text_exercise.h"

#include <fmt/format.h>

#include "core/error.h"
#include "tools/egoworld/clip_questions.h"
#include "tools/egoworld/route_description.h"
#include "tools/egoworld/thought.h"
#include "tools/egoworld/weighted_choice.h"

namespace retrace::egoworld {
namespace {

core::RandomSequence text_random(const WorldOptions& world, std::string_view kind, int64_t index) {
  return core::RandomSequence(
      core::RandomStream(world.seed, fmt::format("egoworld/corpus/{}", kind)).substream(index));
}

// `orbit`[0] is what is stated.
ExerciseRecord option_record(ExerciseKind kind, std::string_view subject,
                             std::vector<WordSequence> orbit, core::RandomSequence& random,
                             const std::vector<double>& check_weights) {
  const std::string stated = joined(orbit.front());
  const ShuffledOptions shuffled = shuffle_options(std::move(orbit), random);
  const auto style = static_cast<CheckStyle>(draw_weighted(check_weights, random));
  return {kind,
          fmt::format("The {} are: {}.\n{}\nWhich option says the same?", subject, stated,
                      options_text(shuffled.options)),
          solution_text(check_text(shuffled.options, shuffled.answer, style), shuffled.answer), "",
          std::string(1, option_letter(shuffled.answer))};
}

ExerciseRecord check_record(const WorldOptions& world, int64_t index,
                            const std::vector<double>& check_weights) {
  core::RandomSequence random = text_random(world, "check", index);
  if (random.chance(0.5)) {
    return option_record(ExerciseKind::kCheck, "turns",
                         turn_options(draw_turns(random, world.num_junctions)), random,
                         check_weights);
  }
  const std::vector<Landmark> landmarks =
      draw_landmarks(random, world.num_junctions, theme_of_clip(world.theme, index));
  return option_record(ExerciseKind::kCheck, "landmarks",
                       landmark_options(landmarks, draw_exchange(random, landmarks)), random,
                       check_weights);
}

ExerciseRecord action_check_record(const WorldOptions& world, int64_t index,
                                   const std::vector<double>& check_weights) {
  core::RandomSequence random = text_random(world, "action_check", index);
  const std::vector<Action> actions = draw_actions(random, num_actions_of(world.num_junctions));
  const auto exchange = draw_object_exchange(random, actions, level_of(world.difficulty).closeness);
  return option_record(ExerciseKind::kActionCheck, "actions", action_options(actions, exchange),
                       random, check_weights);
}

data::TravelDirection draw_direction(core::RandomSequence& random) {
  return random.chance(0.5) ? data::TravelDirection::kForward : data::TravelDirection::kReverse;
}

ExerciseRecord inversion_record(ExerciseKind kind, data::TravelDirection given_way,
                                const WordSequence& given, const WordSequence& inverse) {
  const std::string_view asked_way = way_name(opposite_of(given_way));
  const std::string solution = fmt::format("On {}: {}.", asked_way, joined(inverse));
  return {kind,
          fmt::format("On {}: {}.\nWhat is {}?", way_name(given_way), joined(given), asked_way),
          solution, "", solution};
}

ExerciseRecord invert_record(const WorldOptions& world, int64_t index) {
  core::RandomSequence random = text_random(world, "invert", index);
  const data::TravelDirection given_way = draw_direction(random);
  WordSequence given, inverse;
  if (random.chance(0.5)) {
    const std::vector<Turn> turns = draw_turns(random, world.num_junctions);
    given = words(turns);
    inverse = words(reversed_route(turns));
  } else {
    given = words(draw_landmarks(random, world.num_junctions, theme_of_clip(world.theme, index)));
    inverse.assign(given.rbegin(), given.rend());
  }
  return inversion_record(ExerciseKind::kInvert, given_way, given, inverse);
}

ExerciseRecord action_invert_record(const WorldOptions& world, int64_t index) {
  core::RandomSequence random = text_random(world, "action_invert", index);
  const data::TravelDirection given_way = draw_direction(random);
  const std::vector<Action> actions = draw_actions(random, num_actions_of(world.num_junctions));
  return inversion_record(ExerciseKind::kActionInvert, given_way, words(actions),
                          words(reversed_actions(actions)));
}

// Turns and landmarks of a route that no clip shows.
struct DrawnRoute {
  std::vector<Turn> turns;
  std::vector<Landmark> landmarks;
};

DrawnRoute draw_text_route(core::RandomSequence& random, const WorldOptions& world, int64_t index) {
  DrawnRoute route;
  route.turns = draw_turns(random, world.num_junctions);
  route.landmarks = draw_landmarks(random, world.num_junctions, theme_of_clip(world.theme, index));
  return route;
}

ExerciseRecord route_invert_record(const WorldOptions& world, int64_t index) {
  core::RandomSequence random = text_random(world, "route_invert", index);
  const data::TravelDirection given_way = draw_direction(random);
  const DrawnRoute route = draw_text_route(random, world, index);
  const std::vector<Landmark> landmarks_back(route.landmarks.rbegin(), route.landmarks.rend());
  return inversion_record(ExerciseKind::kRouteInvert, given_way,
                          route_events(route.turns, route.landmarks),
                          route_events(reversed_route(route.turns), landmarks_back));
}

ExerciseRecord route_tell_record(const WorldOptions& world, int64_t index) {
  core::RandomSequence random = text_random(world, "route_tell", index);
  const data::TravelDirection way = draw_direction(random);
  const DrawnRoute route = draw_text_route(random, world, index);
  const auto style = static_cast<DescriptionStyle>(random.below(kNumDescriptionStyles));
  const std::string text = route_description(route.turns, route.landmarks, way, style);
  return {ExerciseKind::kRouteTell,
          fmt::format("On {}: {}.\n{}", way_name(way),
                      joined(route_events(route.turns, route.landmarks)),
                      stem(data::Task::kRoute, way)),
          text, "", text};
}

}  // namespace

ExerciseRecord text_exercise(ExerciseKind kind, const WorldOptions& world, int64_t index,
                             const std::vector<double>& check_weights) {
  switch (kind) {
    case ExerciseKind::kCheck:
      return check_record(world, index, check_weights);
    case ExerciseKind::kInvert:
      return invert_record(world, index);
    case ExerciseKind::kActionCheck:
      return action_check_record(world, index, check_weights);
    case ExerciseKind::kActionInvert:
      return action_invert_record(world, index);
    case ExerciseKind::kRouteInvert:
      return route_invert_record(world, index);
    case ExerciseKind::kRouteTell:
      return route_tell_record(world, index);
    case ExerciseKind::kHeadings:
    case ExerciseKind::kEvents:
    case ExerciseKind::kQuestion:
    case ExerciseKind::kHands:
    case ExerciseKind::kActions:
      break;
  }
  core::throw_<core::InternalError>("exercise kind {}: not text only", to_string(kind));
}

}  // namespace retrace::egoworld
