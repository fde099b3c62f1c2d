// What EgoWorld wrote before it had actions, streets and levels, it still writes: the tiny base and
// the quickstart were made from it. The sums were taken from that version's files.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/egoworld/test_helpers.h"
#include "tools/egoworld/generate.h"
#include "tools/egoworld/thought.h"

namespace retrace::egoworld {
namespace {

// FNV-1a, 64 bits.
uint64_t sum_of(const void* data, size_t num_bytes) {
  uint64_t sum = 14695981039346656037ULL;
  for (size_t i = 0; i < num_bytes; ++i)
    sum = (sum ^ static_cast<const uint8_t*>(data)[i]) * 1099511628211ULL;
  return sum;
}

TEST(Unchanged, DefaultWorldIsByteForByteWhatItWas) {
  TemporaryFolder folder;
  GenerateOptions options;
  options.out = folder.path();
  options.num_clips = 12;
  options.num_jobs = 2;
  options.world.seed = 41;
  options.corpus.counts =
      parse_corpus_counts("headings:10,events:12,check:40,invert:20,question:40", "--corpus");
  options.corpus.thought_weights =
      parse_thought_weights("direct:0.2,recall:0.3,check:0.2,pair_check:0.3", "--thoughts");
  options.corpus.check_weights = parse_check_weights("plain:1,pair:1", "--checks");
  generate(options, [](int64_t) {});
  const auto sum_of_file = [&](const char* name) {
    const std::string text = core::read_text_file(folder.path() / name);
    return sum_of(text.data(), text.size());
  };
  EXPECT_EQ(sum_of_file("qa.jsonl"), 804449936514589969ULL);
  EXPECT_EQ(sum_of_file("corpus.jsonl"), 433266583453910306ULL);
  EXPECT_EQ(sum_of_file("ground_truth.jsonl"), 10304828298193677762ULL);
  EXPECT_EQ(sum_of_file("manifest.json"), 7417217376137433355ULL);
}

// Pictures before they are encoded: the encoder's bits are not ours to promise.
TEST(Unchanged, DefaultPicturesAreWhatTheyWere) {
  WorldOptions world;
  world.seed = 41;
  std::vector<uint64_t> sums;
  for (const int64_t index : {0, 5, 11}) {
    const at::Tensor frames = render(world, make_clip(world, index)).frames_FCYX;
    sums.push_back(sum_of(frames.data_ptr(), frames.nbytes()));
  }
  EXPECT_EQ(sums, (std::vector<uint64_t>{13714159572503928095ULL, 9481365884439572806ULL,
                                         1034454273606528436ULL}));
}

}  // namespace
}  // namespace retrace::egoworld
