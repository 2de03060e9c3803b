// Command line of jupiter_medusa.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "kernels/base/dtype.h"
#include "model/config/config.h"
#include "model/loaders/medusa_layout.h"
#include "model/medusa/text_maker.h"
#include "model/medusa/train.h"

namespace jupiter {

struct MedusaFlags {
  std::string model;
  std::string tokenizer;  // empty: the model's
  std::string device = "cpu";
  std::optional<DType> quantise;
  int threads = 1;

  std::string prompts;  // empty: texts begin with the token that begins texts
  int sequences = 64;   // written at a time
  TextOptions text;
  std::int64_t positions = 300'000;  // of training text
  std::int64_t held_out = 20'000;    // of held-out text
  std::uint64_t seed = 0;

  MedusaLayout layout = {.heads = 4, .blocks = 1, .own_output = false};
  TrainingOptions training;
  DType type = DType::kF16;  // of the file
  std::string out;
  std::string acceptance;

  std::string measure;  // heads to be measured, with no training
  int ranks = 10;
  int nodes = 63;
  std::string tree;  // a file: measured, too
};

// Throws UserError, or HelpRequest.
MedusaFlags ParseMedusaFlags(int argc, const char* const* argv);

// What does not go with the model. Throws UserError.
void CheckMedusaFlags(const MedusaFlags& flags, const ModelConfig& config);

}  // namespace jupiter
