#include "tools/egoworld/route_description.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <set>

#include "tests/egoworld/test_helpers.h"
#include "tools/egoworld/question.h"

namespace retrace::egoworld {
namespace {

using data::TravelDirection;

const std::vector<Turn> kTurns = {Turn::kLeft, Turn::kStraight, Turn::kRight};
const std::vector<Landmark> kLandmarks = {Landmark::kLamp, Landmark::kCrate, Landmark::kPlant};

// Reads a description back, knowing only the words of turns and landmarks: one of each for every
// clause, whichever comes first in it.
WordSequence events_in(const std::string& description) {
  std::set<std::string> names;
  for (const Theme theme : {Theme::kIndoor, Theme::kOutdoor}) {
    for (const Landmark landmark : landmarks_of(theme))
      names.insert(std::string(to_string(landmark)));
  }
  WordSequence events;
  std::string turn, landmark;
  const std::regex word("[a-zA-Z]+");
  for (std::sregex_iterator i(description.begin(), description.end(), word), end; i != end; ++i) {
    const std::string text = i->str();
    if (text == "left" || text == "right" || text == "straight") turn = text;
    if (names.contains(text)) landmark = text;
    if (turn.empty() || landmark.empty()) continue;
    events.push_back(landmark + " " + turn);
    turn = landmark = "";
  }
  return events;
}

TEST(RouteDescription, IsWordedAsPinned) {
  const auto text = [](DescriptionStyle style, TravelDirection direction) {
    return route_description(kTurns, kLandmarks, direction, style);
  };
  EXPECT_EQ(
      text(DescriptionStyle::kImperative, TravelDirection::kForward),
      "Turn left at the lamp, go straight past the crate and turn right at the plant to reach "
      "the destination.");
  EXPECT_EQ(text(DescriptionStyle::kPlaces, TravelDirection::kForward),
            "At the lamp turn left, then at the crate go straight, then at the plant turn right. "
            "That is the way to the destination.");
  EXPECT_EQ(text(DescriptionStyle::kSteps, TravelDirection::kReverse),
            "Take a left at the lamp. Keep straight on past the crate. Take a right at the plant. "
            "There is the start.");
  EXPECT_EQ(text(DescriptionStyle::kStatement, TravelDirection::kReverse),
            "The way back to the start is left at the lamp, straight at the crate and right at the "
            "plant.");
}

TEST(RouteDescription, NamesEveryTurnAndLandmarkInOrder) {
  for (int64_t clip = 0; clip < 50; ++clip) {
    const Route route =
        draw_route(3, clip, 2 + clip % 4, clip % 2 ? Theme::kOutdoor : Theme::kIndoor);
    for (int style = 0; style < kNumDescriptionStyles; ++style) {
      const std::string text =
          route_description(route.turns, route.landmarks, TravelDirection::kForward,
                            static_cast<DescriptionStyle>(style));
      EXPECT_EQ(events_in(text), route_events(route.turns, route.landmarks)) << text;
    }
  }
}

TEST(RouteDescription, TheWayBackIsTheExactInverse) {
  std::set<std::string> shapes;
  for (int64_t clip = 0; clip < 100; ++clip) {
    const Route route = draw_route(4, clip, 3);
    const auto questions = make_route_questions(route, 4, clip);
    const WordSequence there = events_in(questions[0].description);
    const WordSequence back = events_in(questions[1].description);
    EXPECT_EQ(there, questions[0].truth);
    EXPECT_EQ(back, questions[0].opposite);
    EXPECT_EQ(back, questions[1].truth);
    EXPECT_EQ(there, questions[1].opposite);
    ASSERT_EQ(there.size(), back.size());
    for (size_t i = 0; i < there.size(); ++i) {
      const Turn turn = route.turns[i];
      const std::string name(to_string(route.landmarks[i]));
      EXPECT_EQ(there[i], name + " " + std::string(to_string(turn)));
      EXPECT_EQ(back[back.size() - 1 - i], name + " " + std::string(to_string(swapped(turn))));
    }
    shapes.insert(questions[0].description.substr(0, 2));
  }
  EXPECT_GE(shapes.size(), 4U) << "several wordings";
}

TEST(RouteQuestion, IsOpen) {
  const auto questions = make_route_questions(draw_route(4, 1, 3), 4, 1);
  EXPECT_EQ(problem_text(questions[0]),
            "Describe the way to the destination.\n\nInstructions: Name each landmark and the turn "
            "taken there.");
  EXPECT_EQ(answer_text(questions[1]), questions[1].description);
  EXPECT_TRUE(questions[0].options.empty());
}

}  // namespace
}  // namespace retrace::egoworld
