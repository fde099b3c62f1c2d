// The text-only exercises of a corpus (corpus.h says what each kind is).
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "tools/egoworld/corpus.h"

namespace retrace::egoworld {

inline constexpr std::array kTextKinds = {ExerciseKind::kCheck,       ExerciseKind::kInvert,
                                          ExerciseKind::kActionCheck, ExerciseKind::kActionInvert,
                                          ExerciseKind::kRouteInvert, ExerciseKind::kRouteTell};

// Number `index` of its kind, from a random stream of its own. `kind` is one of kTextKinds.
ExerciseRecord text_exercise(ExerciseKind kind, const WorldOptions& world, int64_t index,
                             const std::vector<double>& check_weights);

}  // namespace retrace::egoworld
