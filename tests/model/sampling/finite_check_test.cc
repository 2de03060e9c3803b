// What is said of logits that are not finite.
#include "model/sampling/finite_check.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "kernels/base/check.h"

namespace jupiter {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNotANumber = std::numeric_limits<float>::quiet_NaN();

// Up to the causes; empty where there is no error.
std::string Complaint(const std::vector<float>& logits) {
  try {
    CheckLogits(logits, "token 3 of the answer");
  } catch (const UserError& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("--wire, --residual or --kv"), text.npos) << text;
    EXPECT_EQ(text.find('\n'), text.npos) << text;
    return text.substr(0, text.find(';'));
  }
  return "";
}

TEST(FiniteCheckTest, FiniteLogitsPass) {
  EXPECT_EQ(Complaint({}), "");
  EXPECT_EQ(Complaint({0, -0.0f, 1e38f, -3e38f, 1e-45f}), "");
  EXPECT_NO_THROW(CheckDraftLogits(std::vector<float>{1, -2}, "--draft model:a.gguf"));
}

TEST(FiniteCheckTest, OthersAreCountedAndTheFirstIsNamed) {
  const std::string whose = "token 3 of the answer: ";
  EXPECT_EQ(Complaint({1, kNotANumber, 2, kInf, -kInf}),
            whose + "3 of 5 logits are not finite, the first is that of token id 1: nan");
  EXPECT_EQ(Complaint({kInf}),
            whose + "1 of 1 logits are not finite, the first is that of token id 0: inf");
  EXPECT_EQ(Complaint({0, 0, -kInf}),
            whose + "1 of 3 logits are not finite, the first is that of token id 2: -inf");
}

TEST(FiniteCheckTest, NothingButZerosIsNoAnswer) {
  EXPECT_EQ(Complaint({0, -0.0f, 0}), "token 3 of the answer: all 3 logits are 0");
  EXPECT_EQ(Complaint({0, 1e-45f, 0}), "");
}

TEST(FiniteCheckTest, DraftsNameTheirSource) {
  for (float wrong : {kNotANumber, kInf, -kInf}) {
    try {
      CheckDraftLogits(std::vector<float>{3, wrong}, "--draft model:a.gguf");
      ADD_FAILURE() << wrong;
    } catch (const UserError& error) {
      EXPECT_EQ(std::string(error.what()).find("--draft model:a.gguf: the logits"), 0u);
    }
  }
}

}  // namespace
}  // namespace jupiter
