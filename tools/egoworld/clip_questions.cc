#include "tools/egoworld/clip_questions.h"

#include "core/error.h"

namespace retrace::egoworld {
namespace {

// The two questions of one task.
std::array<Question, 2> questions_of(data::Task task, const WorldOptions& world, const Route& route,
                                     int64_t clip) {
  const Closeness closeness = level_of(world.difficulty).closeness;
  switch (task) {
    case data::Task::kDirection:
    case data::Task::kLandmark: {
      const auto basic = make_questions(route, world.seed, clip, closeness);
      const size_t first = task == data::Task::kDirection ? 0 : 2;
      return {basic[first], basic[first + 1]};
    }
    case data::Task::kAction: {
      const std::vector<TimedAction> plan = plan_actions(num_actions_of(world.num_junctions),
                                                         world.walk.num_frames, world.seed, clip);
      return make_action_questions(actions_of(plan), world.seed, clip, closeness);
    }
    case data::Task::kRoute:
      return make_route_questions(route, world.seed, clip);
    case data::Task::kUnknown:
      break;
  }
  core::throw_<core::InternalError>("task {}: not asked", static_cast<int>(task));
}

}  // namespace

int64_t questions_per_clip(const WorldOptions& world) {
  return 2 * static_cast<int64_t>(world.tasks.size());
}

std::vector<Question> make_clip_questions(const WorldOptions& world, int64_t clip) {
  const Route route =
      draw_route(world.seed, clip, world.num_junctions, theme_of_clip(world.theme, clip));
  std::vector<Question> questions;
  for (const data::Task task : world.tasks) {
    for (Question& question : questions_of(task, world, route, clip))
      questions.push_back(std::move(question));
  }
  return questions;
}

}  // namespace retrace::egoworld
