// Steps of a route in other words: "turn left" as "take a left", "the yellow table" as "something".
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace retrace::data {

// Phrases with one meaning form a family, and every family has several ways of saying it.
size_t num_ways(size_t family);
std::set<size_t> families_in(const std::string& step);

// The way, from 0 to num_ways(family) - 1, of families that are not said in the step's own words.
using Ways = std::map<size_t, size_t>;

// Where phrases overlap the longest counts, and it alone may be replaced.
std::string reworded(const std::string& step, const Ways& ways);

// What the step names with an article, as it stands there: "the yellow table", "your hand".
std::vector<std::string> things_named(const std::string& step);

// The step with "something" for these things. It ends at the first where another would follow:
// "put the cup on the table" -> "put something". "" where nothing else would be left.
std::string with_things_hidden(const std::string& step, const std::set<std::string>& things);

}  // namespace retrace::data
