#include "core/files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "core/append_file.h"
#include "core/error.h"
#include "tests/core/test_helpers.h"

namespace retrace::core {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class Files : public TemporaryFolderTest {
 protected:
  size_t num_entries() const {
    return static_cast<size_t>(
        std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }
};

TEST_F(Files, ContentIsWrittenAndReadBackByteForByte) {
  std::string content(300000, 'x');
  content.replace(100, 5, std::string_view("a\0b\r\n", 5));
  write_file_atomically(folder_ / "file", content);
  EXPECT_EQ(read_text_file(folder_ / "file"), content);
  write_file_atomically(folder_ / "file", "");
  EXPECT_EQ(read_text_file(folder_ / "file"), "");
  EXPECT_EQ(num_entries(), 1u) << "no temporary file is left";
}

TEST_F(Files, ReadErrorsNameFileAndReason) {
  EXPECT_THAT(data_error_of([&] { read_text_file(folder_ / "none"); }),
              HasSubstr("none: cannot be read: No such file or directory"));
  EXPECT_THAT(data_error_of([&] { read_text_file(folder_); }),
              HasSubstr("cannot be read: Is a directory"));
}

TEST_F(Files, AFailedWriteLeavesTheTargetAndNoTemporaryFile) {
  fs::create_directory(folder_ / "target");
  EXPECT_THAT(data_error_of([&] { write_file_atomically(folder_ / "target", "x"); }),
              HasSubstr("target: cannot be written"));
  EXPECT_EQ(num_entries(), 1u);
  EXPECT_THAT(data_error_of([&] { write_file_atomically(folder_ / "none" / "file", "x"); }),
              HasSubstr("cannot be written: No such file or directory"));
}

TEST_F(Files, TemporaryNamesLieBesideTheirTarget) {
  const std::string suffix = ".tmp-" + std::to_string(::getpid());
  EXPECT_EQ(temporary_sibling("a/b"), fs::path("a/.b" + suffix));
  EXPECT_EQ(temporary_sibling("a/b/"), fs::path("a/.b" + suffix));
  EXPECT_EQ(temporary_sibling("b"), fs::path(".b" + suffix));
}

TEST_F(Files, AFolderIsPublishedWhole) {
  const fs::path target = folder_ / "step-000001";
  const fs::path temporary = temporary_sibling(target);
  fs::create_directories(temporary / "trainer_state");
  write_file_atomically(temporary / "trainer_state" / "rng", "1");
  publish_folder(temporary, target / "");  // a trailing slash does not matter
  EXPECT_EQ(read_text_file(target / "trainer_state" / "rng"), "1");
  EXPECT_EQ(num_entries(), 1u);
}

TEST_F(Files, PublishingReplacesNothing) {
  fs::create_directory(folder_ / "new");
  fs::create_directory(folder_ / "empty");
  write_file_atomically(folder_ / "file", "kept");
  for (const char* taken : {"empty", "file"}) {
    EXPECT_THAT(data_error_of([&] { publish_folder(folder_ / "new", folder_ / taken); }),
                HasSubstr("already exists and is not replaced"));
  }
  EXPECT_EQ(read_text_file(folder_ / "file"), "kept");
  EXPECT_TRUE(fs::exists(folder_ / "new"));
}

TEST_F(Files, PublishingWhatIsNoFolderIsAnError) {
  write_file_atomically(folder_ / "file", "x");
  EXPECT_THAT(data_error_of([&] { publish_folder(folder_ / "none", folder_ / "target"); }),
              HasSubstr("none: cannot be published as"));
  EXPECT_THAT(data_error_of([&] { publish_folder(folder_ / "file", folder_ / "target"); }),
              HasSubstr("it is not a folder"));
  fs::create_directory(folder_ / "new");
  EXPECT_THAT(data_error_of([&] { publish_folder(folder_ / "new", folder_ / "no" / "parent"); }),
              HasSubstr("cannot be created: No such file"));
}

TEST_F(Files, AppendingKeepsWhatIsThere) {
  AppendFile(folder_ / "log").append("one\n");
  AppendFile(folder_ / "log").append("two\n");
  EXPECT_EQ(read_text_file(folder_ / "log"), "one\ntwo\n");
  EXPECT_THAT(data_error_of([&] { AppendFile file(folder_); }),
              HasSubstr("cannot be opened for append"));
}

TEST_F(Files, AFullDiskIsADataError) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "needs /dev/full";
  AppendFile full("/dev/full");
  EXPECT_THAT(data_error_of([&] { full.append("x"); }),
              HasSubstr("/dev/full: cannot be written: No space left on device"));
}

}  // namespace
}  // namespace retrace::core
