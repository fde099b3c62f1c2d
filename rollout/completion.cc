#include "rollout/completion.h"

#include "core/error.h"

namespace retrace::rollout {

std::string_view to_string(FinishReason reason) {
  switch (reason) {
    case FinishReason::kStop:
      return "stop";
    case FinishReason::kLength:
      return "length";
  }
  core::throw_<core::InternalError>("finish reason: {} is none of its values",
                                    static_cast<int>(reason));
}

}  // namespace retrace::rollout
