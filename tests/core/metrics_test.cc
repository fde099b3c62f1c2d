#include "core/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "core/crc32c.h"
#include "core/error.h"
#include "core/files.h"
#include "core/tensorboard_writer.h"
#include "tests/core/test_helpers.h"

namespace retrace::core {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// ------------------------------------------------------------------------------------------------
// JSON lines
// ------------------------------------------------------------------------------------------------

class Metrics : public TemporaryFolderTest {
 protected:
  std::filesystem::path file() const { return folder_ / "metrics.jsonl"; }
  std::string text() const { return read_text_file(file()); }
};

TEST_F(Metrics, AreOneJsonLinePerStepInTheGivenOrder) {
  MetricsWriter writer(folder_);
  writer.write("sft", 1, {{"policy/loss", 0.5}, {"kl/mean", 1.0 / 3}});
  EXPECT_EQ(text(),
            "{\"stage\":\"sft\",\"step\":1,\"policy/loss\":0.5,\"kl/mean\":0.3333333333333333}\n")
      << "each write is flushed";
  writer.write("grpo", 2, {});
  EXPECT_THAT(text(), HasSubstr("\n{\"stage\":\"grpo\",\"step\":2}\n"));
}

TEST_F(Metrics, NonFiniteValuesAreNull) {
  MetricsWriter writer(folder_);
  writer.write("grpo", 1, {{"a", std::nan("")}, {"b", std::numeric_limits<double>::infinity()}});
  EXPECT_THAT(text(), HasSubstr("\"a\":null,\"b\":null"));
}

TEST_F(Metrics, DoublesReadBackToTheSameBits) {
  MetricsWriter writer(folder_);
  for (const double value :
       {0.1, 1e-300, 4.9e-324, 1.7976931348623157e308, -2.5e-7, 123456789.123456789}) {
    writer.write("grpo", 1, {{"x", value}});
    const std::string all = text();
    const size_t start = all.rfind("\"x\":") + 4;
    EXPECT_EQ(std::strtod(all.c_str() + start, nullptr), value);
  }
}

TEST_F(Metrics, AreAppendedToWhatIsThere) {
  MetricsWriter(folder_).write("sft", 1, {});
  MetricsWriter(folder_).write("sft", 2, {});
  EXPECT_EQ(text(), "{\"stage\":\"sft\",\"step\":1}\n{\"stage\":\"sft\",\"step\":2}\n");
}

TEST_F(Metrics, ALineCutByACrashIsNotContinued) {
  write_file_atomically(file(), "{\"stage\":\"sft\",\"step\":1}\n{\"stage\":\"sf");
  MetricsWriter(folder_).write("sft", 2, {});
  EXPECT_EQ(text(), "{\"stage\":\"sft\",\"step\":1}\n{\"stage\":\"sft\",\"step\":2}\n");
}

TEST_F(Metrics, TheFolderIsMadeIfItIsMissing) {
  MetricsWriter(folder_ / "new" / "run").write("sft", 1, {});
  EXPECT_TRUE(std::filesystem::exists(folder_ / "new" / "run" / "metrics.jsonl"));
}

TEST_F(Metrics, AFolderThatCannotBeWrittenIsADataError) {
  write_file_atomically(folder_ / "taken", "a file");
  EXPECT_THAT(data_error_of([&] { MetricsWriter writer(folder_ / "taken"); }),
              HasSubstr("taken: "));
  std::filesystem::create_directory(file());
  EXPECT_THAT(data_error_of([&] { MetricsWriter writer(folder_); }),
              HasSubstr("metrics.jsonl: cannot be"));
}

TEST_F(Metrics, ANameGivenTwiceIsABug) {
  MetricsWriter writer(folder_);
  EXPECT_THROW(writer.write("sft", 1, {{"x", 1}, {"x", 2}}), InternalError);
  EXPECT_THROW(writer.write("sft", 1, {{"step", 1}}), InternalError);
}

// ------------------------------------------------------------------------------------------------
// Truncation for a resumed run
// ------------------------------------------------------------------------------------------------

std::string line(const std::string& stage, int step) {
  return "{\"stage\":\"" + stage + "\",\"step\":" + std::to_string(step) + "}\n";
}

TEST_F(Metrics, TruncationKeepsTheLinesUpToAStepOfTheRun) {
  const std::string kept = line("eval", 0) + line("sft", 1) + line("sft", 2) + line("eval", 2);
  const std::string rest = line("grpo", 3) + line("grpo", 4);
  const auto truncated = [&](int64_t step) {
    write_file_atomically(file(), kept + rest);
    MetricsWriter::truncate_after(folder_, step);
    return text();
  };
  EXPECT_EQ(truncated(2), kept);
  EXPECT_EQ(truncated(99), kept + rest);
  EXPECT_EQ(truncated(0), line("eval", 0));
  EXPECT_EQ(truncated(-1), "");
}

TEST_F(Metrics, TruncationDropsAPartialLastLine) {
  write_file_atomically(file(), line("sft", 1) + "{\"stage\":\"sft\",\"st");
  MetricsWriter::truncate_after(folder_, 5);
  EXPECT_EQ(text(), line("sft", 1));
  write_file_atomically(file(), "{\"sta");
  MetricsWriter::truncate_after(folder_, 5);
  EXPECT_EQ(text(), "");
}

TEST_F(Metrics, TruncationOfNoFileIsFine) {
  MetricsWriter::truncate_after(folder_, 5);
  EXPECT_FALSE(std::filesystem::exists(file()));
}

TEST_F(Metrics, TruncationNamesTheLineThatIsNoMetricsLine) {
  for (const char* bad :
       {"not json\n", "[1]\n", "{\"stage\":\"sft\"}\n", "{\"stage\":1,\"step\":1}\n", "\n"}) {
    write_file_atomically(file(), line("sft", 1) + bad + line("sft", 2));
    EXPECT_THAT(data_error_of([&] { MetricsWriter::truncate_after(folder_, 5); }),
                HasSubstr("metrics.jsonl:2: expected a JSON object"))
        << bad;
  }
}

// ------------------------------------------------------------------------------------------------
// TensorBoard
// ------------------------------------------------------------------------------------------------

// RFC 3720, appendix B.4.
TEST(Crc32c, VectorsOfTheRfcAreReproduced) {
  std::string ascending, descending;
  for (int i = 0; i < 32; ++i) {
    ascending += static_cast<char>(i);
    descending += static_cast<char>(31 - i);
  }
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAu);
  EXPECT_EQ(crc32c(std::string(32, '\xFF')), 0x62A8AB43u);
  EXPECT_EQ(crc32c(ascending), 0x46DD794Eu);
  EXPECT_EQ(crc32c(descending), 0x113FDB5Cu);
  EXPECT_EQ(crc32c("123456789"), 0xE3069283u);
  EXPECT_EQ(crc32c(""), 0u);
}

TEST(Crc32c, MaskRotatesAndShifts) {
  EXPECT_EQ(masked_crc32c(""), 0xA282EAD8u);
  EXPECT_EQ(masked_crc32c("123456789"), ((0xE3069283u >> 15) | (0xE3069283u << 17)) + 0xA282EAD8u);
}

template <class T>
T little_endian(const std::string& bytes, size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof(T));
  return value;
}

// The payloads of all records, after checking their frames.
std::vector<std::string> payloads_of(const std::string& bytes) {
  std::vector<std::string> payloads;
  size_t offset = 0;
  while (offset < bytes.size()) {
    const auto length = little_endian<uint64_t>(bytes, offset);
    EXPECT_EQ(little_endian<uint32_t>(bytes, offset + 8), masked_crc32c(bytes.substr(offset, 8)));
    payloads.push_back(bytes.substr(offset + 12, length));
    EXPECT_EQ(little_endian<uint32_t>(bytes, offset + 12 + length), masked_crc32c(payloads.back()));
    offset += 16 + length;
  }
  return payloads;
}

class TensorBoard : public TemporaryFolderTest {
 protected:
  std::vector<std::filesystem::path> event_files() const {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      if (entry.path().filename().string().starts_with("events.out.tfevents."))
        files.push_back(entry);
    }
    return files;
  }
};

TEST_F(TensorBoard, EventFilesHoldVersionAndScalars) {
  TensorBoardWriter writer(folder_);
  writer.write("grpo", 300, {{"a", 1.5}, {"b", 0.0}});
  ASSERT_EQ(event_files().size(), 1u);
  const std::vector<std::string> payloads = payloads_of(read_text_file(event_files()[0]));
  ASSERT_EQ(payloads.size(), 2u);

  // Field 1 (wall time) is a tag byte and eight bytes; the rest is spelled out from the protocol
  // buffer wire format.
  constexpr size_t kWallTimeBytes = 9;
  const auto now = static_cast<double>(std::time(nullptr));
  EXPECT_EQ(payloads[0][0], '\x09');
  EXPECT_NEAR(little_endian<double>(payloads[0], 1), now, 60);
  EXPECT_EQ(payloads[0].substr(kWallTimeBytes),
            "\x1A\x0D"
            "brain.Event:2");
  using namespace std::string_literals;
  const std::string step = "\x10\xAC\x02"s;  // 300 as a varint
  const std::string value_a =
      "\x0A\x0D\x0A\x06"
      "grpo/a"
      "\x15\x00\x00\xC0\x3F"s;
  const std::string value_b =
      "\x0A\x0D\x0A\x06"
      "grpo/b"
      "\x15\x00\x00\x00\x00"s;  // zero is written too
  EXPECT_EQ(payloads[1].substr(kWallTimeBytes), step + "\x2A\x1E"s + value_a + value_b);
}

TEST_F(TensorBoard, TwoWritersOfOneSecondUseTwoFiles) {
  TensorBoardWriter first(folder_), second(folder_);
  EXPECT_EQ(event_files().size(), 2u);
}

TEST_F(TensorBoard, MetricsWriterWritesEveryStepThereToo) {
  MetricsWriter writer(folder_);
  for (int64_t step = 1; step <= 3; ++step) writer.write("sft", step, {{"policy/loss", 0.5}});
  ASSERT_EQ(event_files().size(), 1u);
  const std::vector<std::string> payloads = payloads_of(read_text_file(event_files()[0]));
  ASSERT_EQ(payloads.size(), 4u);
  EXPECT_THAT(payloads[3], HasSubstr("sft/policy/loss"));
}

}  // namespace
}  // namespace retrace::core
