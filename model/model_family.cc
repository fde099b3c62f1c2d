#include "model/model_family.h"

namespace retrace::model {

std::string_view to_string(ModelFamily family) {
  switch (family) {
    case ModelFamily::kQwen2Vl:
      return "Qwen2-VL";
    case ModelFamily::kQwen25Vl:
      return "Qwen2.5-VL";
    case ModelFamily::kQwen3Vl:
      return "Qwen3-VL";
    case ModelFamily::kQwen2Text:
      return "Qwen2";
  }
  return "";
}

}  // namespace retrace::model
