#include "model/checkpoint/unused_tensors.h"

#include <string_view>

#include "kernels/base/check.h"
#include "model/checkpoint/byte_reader.h"

namespace jupiter {

void RefuseUnused(const std::string& source, const std::string& name_in_file) {
  for (const std::string_view part : {"bias", "norm", "exps", "expert", "gate_inp", "lora"}) {
    if (name_in_file.find(part) == std::string::npos) continue;
    FailUser(
        "{}: tensor {} has no place in the supported architectures; leaving it out would change "
        "the model",
        source, Quote(name_in_file));
  }
}

}  // namespace jupiter
