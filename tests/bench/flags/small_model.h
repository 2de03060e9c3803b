// A model of which nothing but its name and its vocabulary is asked.
#pragma once

#include "model/config/config.h"

namespace jupiter {

inline ModelConfig ModelOfVocab(int vocab) {
  ModelConfig config;
  config.name = "small";
  config.vocab = vocab;
  return config;
}

}  // namespace jupiter
