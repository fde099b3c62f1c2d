#include "reward/route_parser.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace retrace::reward {
namespace {

// Moves by their first letter, "U" and "D" for stairs, "B" for turning back.
std::string moves_of(std::string_view text) {
  std::string letters;
  for (const Move move : parse_route(text).moves) letters += "LRSBUD"[static_cast<size_t>(move)];
  return letters;
}

std::string landmarks_of(std::string_view text) {
  std::vector<std::string> texts;
  for (const Words& words : parse_route(text).landmarks)
    texts.push_back(fmt::format("{}", fmt::join(words, " ")));
  return fmt::format("{}", fmt::join(texts, ","));
}

TEST(ParseRoute, ReadsSentencesListsArrowsAndSteps) {
  for (const char* text : {
           "Turn left, walk straight, then turn right.",
           "['Turn left', 'Go straight', 'turn right']",
           "[\"turn left\", \"straight\", \"turn right\"]",
           "left -> straight -> right",
           "left \xE2\x86\x92 straight \xE2\x86\x92 right",
           "1. Turn left\n2. Go forward\n3. Turn right\n",
           "Step 1: take a left; Step 2: keep going; Step 3: take a right",
           "- turn left\n- proceed along the road\n- turn right",
           "First make a sharp left and continue before bearing right",
           "I turned to the left, walked on and veered slightly to the right",
           "Bear left, head forward, hang a right",
           "A left turn, straight ahead, a right-hand turn",
       }) {
    EXPECT_EQ(moves_of(text), "LSR") << text;
  }
}

TEST(ParseRoute, TellsMovesFromSides) {
  EXPECT_EQ(moves_of("The shop is on the left"), "");
  EXPECT_EQ(moves_of("Pass the shop on your right"), "");
  EXPECT_EQ(moves_of("put the bag on the left - hand side"), "");
  EXPECT_EQ(moves_of("the leftmost shelf and the right side of the room"), "");
  EXPECT_EQ(moves_of("To your left is a bakery"), "");
  EXPECT_EQ(moves_of("We left the room"), "");
  EXPECT_EQ(moves_of("right next to the lamp"), "");
  EXPECT_EQ(moves_of("take the second left"), "L");
  EXPECT_EQ(moves_of("go to the right"), "R");
  EXPECT_EQ(moves_of("left again"), "L");
  EXPECT_EQ(moves_of("with the sofa on the left, turn right past the door"), "R");
}

TEST(ParseRoute, LeavesOutWhatIsNegated) {
  EXPECT_EQ(moves_of("Don't turn left, turn right"), "R");
  EXPECT_EQ(moves_of("turn right instead of left"), "R");
  EXPECT_EQ(landmarks_of("Never pass the bakery, walk to the church"), "church");
}

TEST(ParseRoute, InsteadNegatesOnlyWithOf) {
  EXPECT_EQ(moves_of("Instead turn left at the lamp"), "L");
  EXPECT_EQ(landmarks_of("Instead turn left at the lamp"), "lamp");
  EXPECT_EQ(moves_of("Do not go straight; turn right instead and walk on"), "RS");
  EXPECT_EQ(moves_of("Instead of turning left, turn right"), "R");
  EXPECT_EQ(landmarks_of("Turn right instead of passing the bakery"), "");
}

TEST(ParseRoute, ReadsTurningBack) {
  EXPECT_EQ(moves_of("make a U-turn"), "B");
  EXPECT_EQ(moves_of("turn around and walk back"), "B");
  EXPECT_EQ(moves_of("Walk straight, return to the starting point"), "SB");
  EXPECT_EQ(moves_of("turn around the corner"), "");
  EXPECT_EQ(moves_of("turn around, turn around"), "BB");
  EXPECT_EQ(moves_of("put it back"), "");
}

TEST(ParseRoute, ReadsStairs) {
  EXPECT_EQ(moves_of("go up the stairs"), "U");
  EXPECT_EQ(moves_of("Climb the staircase, turn left, take the elevator down"), "ULD");
  EXPECT_EQ(moves_of("walk downstairs"), "D");
  EXPECT_EQ(moves_of("walk down the road a few steps"), "S");
}

TEST(ParseRoute, NamesLandmarks) {
  EXPECT_EQ(landmarks_of("Turn right at the red brick house and pass two bakeries."),
            "red brick house,bakery");
  EXPECT_EQ(landmarks_of("['zebra crossing', 'car park', 'stop light']"),
            landmarks_of("crosswalks, then a parking lot, then the traffic lights"));
  EXPECT_EQ(landmarks_of("Go straight for 20 metres, then turn left"), "");
  EXPECT_EQ(landmarks_of("Pass the lamp. At the lamp turn left."), "lamp");
}

TEST(ParseRoute, TakesAnyBytes) {
  EXPECT_TRUE(parse_route("").empty());
  EXPECT_TRUE(parse_route(" \n\t.,;[]'\"->").empty());
  std::string bytes;
  for (int i = 0; i < 4096; ++i) bytes += static_cast<char>((i * 7919) % 256);
  static_cast<void>(parse_route(bytes));
  std::string stairs;  // one clause of many words
  for (int i = 0; i < 20000; ++i) stairs += "stairs slightly ";
  EXPECT_TRUE(parse_route(stairs + "left").moves == std::vector<Move>{Move::kLeft});
}

}  // namespace
}  // namespace retrace::reward
