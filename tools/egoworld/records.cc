#include "tools/egoworld/records.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "tools/egoworld/clip_questions.h"
#include "tools/egoworld/floor_plan.h"
#include "tools/egoworld/thought.h"

namespace retrace::egoworld {
namespace {

using Json = nlohmann::ordered_json;

double rounded(double value) {
  return std::round(value * 1e4) / 1e4;
}

Json point(double x_m, double y_m) {
  return Json::array({rounded(x_m), rounded(y_m)});
}

Json five_fields(const std::string& problem, const std::string& solution, const std::string& video,
                 const std::string& answer) {
  return {{"problem", problem},
          {"solution", solution},
          {"video", video},
          {"original_question", problem},
          {"original_answer", answer}};
}

Json graph(const Route& route) {
  Json nodes = Json::array();
  Json edges = Json::array();
  for (size_t i = 0; i < route.nodes.size(); ++i) {
    const PlanPoint position = node_position(route.nodes[i]);
    nodes.push_back(point(position.x_m, position.y_m));
    if (i > 0) edges.push_back({i - 1, i});
  }
  return {{"nodes_m", nodes}, {"edges", edges}};
}

Json landmarks(const Route& route) {
  Json result = Json::array();
  for (int64_t junction = 0; junction < route.num_junctions(); ++junction) {
    const PlanPoint center = node_position(route.nodes[junction + 1]);
    Json positions = Json::array();
    for (const double dx : {-kLandmarkOffsetMetres, kLandmarkOffsetMetres}) {
      for (const double dy : {-kLandmarkOffsetMetres, kLandmarkOffsetMetres}) {
        positions.push_back(Json::array({rounded(center.x_m + dx), rounded(center.y_m + dy), 0.0}));
      }
    }
    result.push_back({{"name", to_string(route.landmarks[junction])},
                      {"color", color_name(route.landmarks[junction])},
                      {"node", junction + 1},
                      {"positions_m", positions}});
  }
  return result;
}

Json actions(const Clip& clip) {
  const std::vector<Action> there = actions_of(clip.actions);
  Json frames = Json::array();
  for (const TimedAction& timed : clip.actions)
    frames.push_back({timed.first_frame, timed.end_frame});
  return {
      {"forward", words(there)}, {"reverse", words(reversed_actions(there))}, {"frames", frames}};
}

Json pose_rows(const std::vector<Pose>& poses) {
  Json rows = Json::array();
  for (const Pose& pose : poses) {
    rows.push_back({rounded(pose.t_seconds), rounded(pose.x_m), rounded(pose.y_m),
                    rounded(pose.eye_height_m), rounded(pose.heading_rad)});
  }
  return rows;
}

Json box_rows(const std::vector<VisibleBox>& boxes) {
  Json rows = Json::array();
  for (const VisibleBox& box : boxes)
    rows.push_back({box.frame, box.junction, box.x0, box.y0, box.x1, box.y1});
  return rows;
}

}  // namespace

std::vector<std::string> question_lines(const WorldOptions& world, const Clip& clip,
                                        const std::vector<double>& thought_weights) {
  std::vector<std::string> lines;
  const std::vector<Question> questions = make_clip_questions(world, clip.index);
  for (size_t index = 0; index < questions.size(); ++index) {
    const Question& question = questions[index];
    const ExerciseRecord record =
        question_record(world, clip.index, static_cast<int64_t>(index), thought_weights);
    Json line = five_fields(record.problem, record.solution, record.video, record.answer);
    line["task"] = data::to_string(question.task);
    line["direction"] = data::to_string(question.direction);
    line["clip"] = clip.index;
    if (world.theme != ThemeChoice::kIndoor)
      line["source"] = clip.theme == Theme::kOutdoor ? "outdoor" : "indoor";
    lines.push_back(line.dump());
  }
  return lines;
}

std::string ground_truth_line(const WorldOptions& world, const Clip& clip,
                              const std::vector<VisibleBox>& boxes) {
  const Route& route = clip.route;
  WordSequence landmarks_back = words(route.landmarks);
  std::reverse(landmarks_back.begin(), landmarks_back.end());
  Json line = {
      {"clip", clip.index},
      {"seed", world.seed},
      {"video", video_name(clip.index)},
      {"fps", world.walk.fps},
      {"size", {world.render.width, world.render.height}},
      {"start_heading", to_string(route.start_heading)},
      {"turns", {{"forward", words(route.turns)}, {"reverse", words(reversed_route(route.turns))}}},
      {"landmark_order", {{"forward", words(route.landmarks)}, {"reverse", landmarks_back}}},
      {"route", graph(route)},
      {"landmarks", landmarks(route)},
      {"pose_columns", {"t_seconds", "x_m", "y_m", "eye_height_m", "heading_rad"}},
      {"poses", pose_rows(clip.poses)},
      {"box_columns", {"frame", "landmark", "x0", "y0", "x1", "y1"}},
      {"boxes", box_rows(boxes)}};
  if (clip.theme == Theme::kOutdoor) line["theme"] = "outdoor";
  if (!clip.actions.empty()) line["actions"] = actions(clip);
  return line.dump();
}

std::string corpus_line(const ExerciseRecord& record) {
  Json line = five_fields(record.problem, record.solution, record.video, record.answer);
  line["kind"] = to_string(record.kind);
  return line.dump();
}

}  // namespace retrace::egoworld
