// AdamW against the formula in float64, written down again here.
#include "rl/optimizer.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "core/error.h"
#include "tests/rl/tiny_model.h"
#include "tests/support/tensor_matchers.h"

namespace retrace::rl {
namespace {

// One number a parameter: does weight decay apply, does the optimizer see it?
struct Masks {
  at::Tensor decays, trains;  // [num_parameters] float64, 0 or 1
};

Masks masks_of(const model::Weights& weights, bool train_vision) {
  std::vector<at::Tensor> decays, trains;
  for (size_t i = 0; i < weights.specs().size(); ++i) {
    const model::ParameterSpec& spec = weights.specs()[i];
    const auto filled = [&](bool value) {
      return at::full({weights.at(i).numel()}, value ? 1.0 : 0.0, at::kDouble);
    };
    decays.push_back(filled(spec.decays));
    trains.push_back(filled(train_vision || !spec.is_vision));
  }
  return {at::cat(decays), at::cat(trains)};
}

// Loshchilov & Hutter 2019, algorithm 2 with PyTorch's scaling of the decay by the learning rate.
struct ReferenceAdamW {
  at::Tensor parameters, m, v;  // [num_parameters] float64
  Masks masks;
  AdamWOptions options;
  int64_t num_steps = 0;

  double step(const at::Tensor& raw_gradient, double lr) {
    const at::Tensor visible = raw_gradient.to(at::kDouble) * masks.trains;
    const double norm = visible.norm().item<double>();
    const bool clip = options.max_grad_norm > 0 && norm > options.max_grad_norm;
    const at::Tensor g = clip ? visible * (options.max_grad_norm / norm) : visible;
    ++num_steps;
    m = options.beta1 * m + (1 - options.beta1) * g;
    v = options.beta2 * v + (1 - options.beta2) * g * g;
    const auto t = static_cast<double>(num_steps);
    const at::Tensor m_hat = m / (1 - std::pow(options.beta1, t));
    const at::Tensor v_hat = v / (1 - std::pow(options.beta2, t));
    parameters = parameters - lr * masks.trains *
                                  (options.weight_decay * masks.decays * parameters +
                                   m_hat / (v_hat.sqrt() + options.epsilon));
    return norm;
  }
};

class AdamWTest : public ::testing::Test {
 protected:
  AdamW make(const AdamWOptions& options, bool train_vision = true) {
    return AdamW(weights().trainable(), weights().require_gradients(train_vision), options,
                 train_vision);
  }
  ReferenceAdamW make_reference(const AdamWOptions& options, bool train_vision = true) {
    const at::Tensor zeros = at::zeros({weights().num_parameters()}, at::kDouble);
    return {.parameters = values().to(at::kDouble),
            .m = zeros,
            .v = zeros,
            .masks = masks_of(weights(), train_vision),
            .options = options};
  }
  model::Weights& weights() { return model_.weights(); }
  at::Tensor values() { return weights().flat().detach().clone(); }
  // Gradients of very different sizes, some exactly zero (tokens that do not occur).
  at::Tensor gradient(uint64_t seed) {
    const std::vector<int64_t> shape = {weights().num_parameters()};
    const at::Tensor scale = (2 * test::random_normal(shape, seed + 1000)).exp() * 1e-3;
    return test::random_normal(shape, seed) * scale * (test::random_normal(shape, seed + 2000) > 0);
  }

  void expect_agreement(const AdamWOptions& options, bool train_vision) {
    AdamW optimizer = make(options, train_vision);
    ReferenceAdamW reference = make_reference(options, train_vision);
    for (uint64_t step = 0; step < 6; ++step) {
      const double lr = 1e-2 / static_cast<double>(step + 1);
      optimizer.gradients().copy_(optimizer.of_trained(gradient(step)));
      const double norm = optimizer.step(lr);
      EXPECT_NEAR(norm, reference.step(gradient(step), lr), 1e-9 * norm);
      EXPECT_TENSOR_NEAR(values(), reference.parameters.to(at::kFloat),
                         test::tolerance_for(at::kFloat));
      EXPECT_TRUE((optimizer.gradients() == 0).all().item<bool>()) << "gradients were not zeroed";
    }
    EXPECT_EQ(optimizer.num_steps, 6);
  }

  model::QwenVl model_ = test::tiny_model();
};

TEST_F(AdamWTest, FollowsTheFormula) {
  expect_agreement({.weight_decay = 0, .max_grad_norm = 0}, true);
}

TEST_F(AdamWTest, FollowsTheFormulaWithDecayAndClipping) {
  expect_agreement({.beta1 = 0.8, .beta2 = 0.95, .weight_decay = 0.1, .max_grad_norm = 0.05}, true);
}

TEST_F(AdamWTest, FollowsPyTorch) {
  const AdamWOptions options{.beta1 = 0.8, .beta2 = 0.95, .epsilon = 1e-6, .max_grad_norm = 0};
  AdamW optimizer = make(options);
  at::Tensor parameters = values(), m = at::zeros_like(parameters), v = at::zeros_like(parameters);
  at::Tensor num_steps = at::zeros({}, at::kFloat);
  for (uint64_t step = 0; step < 4; ++step) {
    const at::Tensor g = gradient(step);
    optimizer.gradients().copy_(g);
    optimizer.step(1e-2);
    num_steps += 1;
    at::_fused_adamw_({parameters}, {g}, {m}, {v}, {}, {num_steps}, 1e-2, options.beta1,
                      options.beta2, /*weight_decay=*/0, options.epsilon, /*amsgrad=*/false,
                      /*maximize=*/false);
    EXPECT_TENSOR_NEAR(values(), parameters, test::tolerance_for(at::kFloat));
  }
}

TEST_F(AdamWTest, LeavesAFrozenVisionTowerUntouched) {
  const at::Tensor before = values();
  expect_agreement({.weight_decay = 0.1, .max_grad_norm = 0.05}, /*train_vision=*/false);
  const at::Tensor is_frozen = masks_of(weights(), false).trains == 0;
  EXPECT_TRUE(at::equal(values().masked_select(is_frozen), before.masked_select(is_frozen)));
  EXPECT_FALSE(at::equal(values(), before));
}

TEST_F(AdamWTest, CountsOnlyTrainedParametersInTheNorm) {
  AdamW optimizer = make({}, /*train_vision=*/false);
  optimizer.gradients().fill_(1e-3);
  const double num_trained = masks_of(weights(), false).trains.sum().item<double>();
  EXPECT_LT(num_trained, static_cast<double>(weights().num_parameters()));
  EXPECT_NEAR(optimizer.step(0), 1e-3 * std::sqrt(num_trained), 1e-8);
  for (const at::Tensor& buffer : {optimizer.gradients(), optimizer.exp_avg, optimizer.exp_avg_sq})
    EXPECT_EQ(buffer.numel(), static_cast<int64_t>(num_trained)) << "memory for a frozen tower";
}

TEST_F(AdamWTest, ClipsToTheLimit) {
  AdamW optimizer = make({.beta1 = 0, .max_grad_norm = 0.5});
  optimizer.gradients().copy_(gradient(1) * 1e3);
  const double norm = optimizer.step(1e-3);
  EXPECT_GT(norm, 0.5) << "the norm is the one before clipping";
  EXPECT_NEAR(optimizer.exp_avg.norm().item<double>(), 0.5, 1e-4);  // beta1 = 0: the gradient
}

TEST_F(AdamWTest, DecaysMatricesAndNothingElse) {
  AdamW optimizer = make({.weight_decay = 0.5, .max_grad_norm = 0});
  const at::Tensor before = values();
  optimizer.step(0.1);  // no gradient: only the decay is left
  const at::Tensor decays = masks_of(weights(), true).decays;
  EXPECT_TENSOR_NEAR(values(), (before.to(at::kDouble) * (1 - 0.05 * decays)).to(at::kFloat),
                     test::tolerance_for(at::kFloat));
  EXPECT_GT(decays.sum().item<double>(), 0);
  EXPECT_LT(decays.mean().item<double>(), 1);
}

TEST_F(AdamWTest, IgnoresAGradientThatIsNotFinite) {
  AdamW optimizer = make({.weight_decay = 0.1});
  optimizer.gradients().copy_(gradient(1));
  optimizer.step(1e-3);
  const at::Tensor weights_before = values();
  const at::Tensor m = optimizer.exp_avg.clone(), v = optimizer.exp_avg_sq.clone();
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    optimizer.gradients().copy_(gradient(2));
    optimizer.gradients()[17] = bad;
    EXPECT_FALSE(std::isfinite(optimizer.step(1e-3)));
    EXPECT_TRUE(at::equal(values(), weights_before));
    EXPECT_TRUE(at::equal(optimizer.exp_avg, m));
    EXPECT_TRUE(at::equal(optimizer.exp_avg_sq, v));
    EXPECT_EQ(optimizer.num_steps, 1);
    EXPECT_TRUE((optimizer.gradients() == 0).all().item<bool>());
  }
}

TEST_F(AdamWTest, RefusesAGradientBufferOfAnotherSize) {
  EXPECT_THROW(AdamW(weights().trainable(), at::zeros({3}), {}, true), core::InternalError);
}

}  // namespace
}  // namespace retrace::rl
