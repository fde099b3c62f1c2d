// A one-layer model for the tests of checkpoint files.
#pragma once

#include "model/weights.h"
#include "tests/model/test_files.h"

namespace retrace::model {

inline ModelConfig small_config() {
  ModelConfig config = read_model_config(tiny_folder());
  config.num_layers = 1;
  config.vision.depth = 1;
  config.hidden_size = 48;
  config.intermediate_size = 32;
  config.vision.embed_dim = 16;
  config.vision.mlp_dim = 32;
  return config;
}

inline Weights random_weights(const ModelConfig& config) {
  Weights weights(config);
  initialise_randomly(weights, 11);
  weights.flat().add_(0.001);  // biases are no longer zero
  return weights;
}

}  // namespace retrace::model
